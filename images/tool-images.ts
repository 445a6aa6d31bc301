import { JOIN_CERTIFICATES, PATH, RUNTIME, SHELL, STRIP } from "./debian-files.ts";
import type { RootRecipe } from "./recipe.ts";
import { plugins } from "../clusters/toolchain/pulumi-home.ts";

/**
 * Pulumi where its own base image has it, with the plugins that the platform service's Dockerfile asks for: there already, they
 * are not fetched.
 *
 * @see https://github.com/pulumi/pulumi-docker-containers
 */
export const pulumi: RootRecipe = {
  packages: { suite: "trixie", names: [...RUNTIME, ...SHELL] },
  copy: [
    { from: { tool: "pulumi" }, to: "pulumi/bin/pulumi" },
    { from: { tool: "pulumi-language-nodejs" }, to: "pulumi/bin/pulumi-language-nodejs" },
    ...Object.values(plugins).map(({ name, version }) => ({
      from: { tool: `pulumi-resource-${name}` },
      to: `opt/pulumi/plugins/resource-${name}-v${version}/pulumi-resource-${name}`,
    })),
  ],
  commands: [JOIN_CERTIFICATES, STRIP],
  config: { Env: [PATH] },
};

/** kubectl where its own image has it. @see https://github.com/kubernetes/release/tree/master/images/build */
export const kubectl: RootRecipe = {
  copy: [{ from: { tool: "kubectl" }, to: "bin/kubectl" }],
  config: { Entrypoint: ["/bin/kubectl"], Env: [PATH] },
};
