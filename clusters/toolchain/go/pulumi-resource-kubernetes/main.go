// Command pulumi-resource-kubernetes serves the Kubernetes provider of the module that go.mod pins.
//
// The provider's own main package embeds files that its release process generates and the module does not carry, so
// this one embeds the schema and the mapping that the install step copies out of the module beside it.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var terraformMapping []byte

func main() {
	provider.Serve("kubernetes", version.Version, schema, terraformMapping)
}
