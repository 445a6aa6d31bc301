// Package bridge maps the Terraform random provider to the Pulumi package "random".
package bridge

import (
	"context"
	"errors"

	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/terraform-providers/terraform-provider-random/shim"
)

const packageName = "random"

// Version of the Pulumi package that this build stands in for; set by the linker.
var Version = "0.0.0-dev"

// Provider describes the package: the names of its resources and what the bridge can't derive from the schema.
// The tokens are the ones of the official package (random:index/randomPassword:RandomPassword), so that state written
// with either plugin is read by the other.
func Provider() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:            pfbridge.ShimProvider(shim.NewProvider()),
		Name:         packageName,
		Version:      Version,
		Description:  "A Pulumi package to safely use randomness in Pulumi programs.",
		License:      "Apache-2.0",
		Homepage:     "https://pulumi.io",
		Repository:   "https://github.com/pulumi/pulumi-random",
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Resources: map[string]*tfbridge.ResourceInfo{
			"random_bytes": {ComputeID: bytesID},
		},
		EnableAccurateBridgePreview: true,
		EnableRawStateDelta:         true,
	}
	standard := tokens.MakeStandard(packageName)
	info.MustComputeTokens(tokens.SingleModule("random_", "index", func(module, name string) (string, error) {
		return standard(module, "Random"+name)
	}))
	return info
}

// bytesID is the ID of a random_bytes resource, which has no id attribute of its own.
func bytesID(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
	value, found := state["base64"]
	if found && value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !found || !value.IsString() {
		return "", errors.New("random_bytes: the state has no string property base64")
	}
	return resource.ID(value.StringValue()), nil
}
