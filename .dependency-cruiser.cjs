/**
 * The direction in which code may depend on code: spec <- components <- index.ts; spec <- policies; clusters stands alone; stacks and
 * netcheck build on clusters; doctor on spec, clusters and stacks; platform on spec, components, clusters and stacks; cli, gitops and bench sit on top. See
 * docs/adr.
 */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: {
    path: "^(spec|components|policies|platform|cli|clusters|stacks|netcheck|doctor|gitops|bench|tests|examples|docs|(index|base-file|stack-config)\\.ts)",
    pathNot: allowed,
  },
});

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "no-dev-dependencies-at-run-time",
      severity: "error",
      from: { path: "^(spec|components|policies|platform|cli|clusters|stacks|netcheck|doctor|gitops|index\\.ts)" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
    only("spec-is-pure", "^spec/", "^spec/", "spec/ imports nothing of the rest"),
    {
      name: "spec-without-pulumi",
      comment: "spec/ knows no engine and does no I/O",
      severity: "error",
      from: { path: "^spec/" },
      to: { path: "@pulumi|^(fs|path|child_process|os|net|http)$|^node:(fs|path|child_process|os|net|http)" },
    },
    only("components-on-spec", "^components/", "^(components|spec)/", "components/ build on spec/ alone"),
    {
      name: "kubernetesx-in-one-file",
      severity: "error",
      from: { pathNot: "^components/pod\\.ts$" },
      to: { path: "@pulumi/kubernetesx" },
    },
    only("policies-on-spec", "^policies/", "^(policies|spec)/", "policies/ judge objects, whoever made them"),
    only("clusters-alone", "^clusters/", "^clusters/", "clusters/ knows nothing of environments"),
    only("stacks-on-clusters", "^stacks/", "^(stacks|clusters)/", "stacks/ reads and repairs Pulumi's state"),
    only("netcheck", "^netcheck/", "^(netcheck|spec|clusters)/", "netcheck/ asks a cluster about what spec/ declares"),
    only("doctor", "^doctor/", "^(doctor|spec|clusters|stacks)/", "doctor/ reads a cluster and a state, and judges"),
    only(
      "doctor-judges",
      "^doctor/(?!gather/)",
      "^(doctor/(?!gather/)|spec/|stacks/(lock-doctor|pending-operations|route-status)\\.ts$)",
      "what is wrong is decided from facts alone: only doctor/gather/ reads",
    ),
    only(
      "platform-domain",
      "^platform/domain/",
      "^(platform/domain|spec)/",
      "platform/domain/ decides and does nothing",
    ),
    only(
      "platform",
      "^platform/(?!domain/)",
      "^(platform|spec|components|clusters|stacks)/",
      "platform/ drives the same components as every other way of running Terrarium",
    ),
    only("gitops", "^gitops/", "^(gitops|spec|clusters)/", "gitops/ turns objects into files, whoever made them"),
    only("images-on-clusters", "^images/", "^(images|clusters|spec)/", "images/ makes images and loads them"),
    only(
      "program",
      "^index\\.ts$",
      "^((spec|components|clusters)/|(base-file|stack-config)\\.ts$)",
      "index.ts turns configuration into an environment",
    ),
    only(
      "cli-on-top",
      "^cli/(?!program-server\\.ts$)",
      "^((cli|clusters|stacks|netcheck|doctor|policies|spec|gitops)/|platform/(main|log|http/log-lines|stop-signal|config-file|crd/definition|install/(installation|names|program)|adapters/kubernetes/(access|api))\\.ts$|base-file\\.ts$)",
      "cli/ drives the engine, it does not build resources",
    ),
    only(
      "program-server",
      "^cli/program-server\\.ts$",
      "^(index\\.ts|components/index\\.ts|stacks/(lazy-modules/|debug-messages\\.ts$))",
      "the program server loads the program and nothing else",
    ),
    {
      name: "nobody-imports-tests",
      severity: "error",
      from: { pathNot: "^(tests|bench)/" },
      to: { path: "^tests/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: {
      path: "node_modules/(?!@pulumi|zod|yaml|commander)|^coverage|^examples/(guestbook|clock)/|^\\.terrarium",
    },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      extensions: [".ts", ".js", ".json"],
    },
  },
};
