// Command pulumi-resource-random serves the Pulumi package "random".
package main

import (
	"context"
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"

	"terrarium.local/toolchain/pulumi-resource-random/bridge"
)

// The install step generates this file with the command in tfgen/.
//
//go:embed schema.json
var schema []byte

func main() {
	tfbridge.Main(context.Background(), "random", bridge.Provider(), tfbridge.ProviderMetadata{PackageSchema: schema})
}
