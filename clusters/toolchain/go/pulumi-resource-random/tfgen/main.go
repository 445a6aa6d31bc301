// Command tfgen writes the schema of the package "random", which the plugin embeds.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"

	"terrarium.local/toolchain/pulumi-resource-random/bridge"
)

func main() {
	tfgen.Main("random", bridge.Provider())
}
