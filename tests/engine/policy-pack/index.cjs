"use strict";

const { PolicyPack, validateResourceOfType } = require("@pulumi/policy");
const kubernetes = require("@pulumi/kubernetes");

new PolicyPack("tests", {
  policies: [
    {
      name: "no-forbidden-image",
      description: "Images come from the registry of the tests.",
      enforcementLevel: "mandatory",
      validateResource: validateResourceOfType(kubernetes.apps.v1.Deployment, ({ spec }, _, report) => {
        for (const { image } of spec.template.spec.containers) {
          if (image.startsWith("forbidden.example.com/")) report(`${image} comes from a forbidden registry.`);
        }
      }),
    },
    {
      name: "few-replicas",
      description: "Environments of tests need few replicas.",
      enforcementLevel: "advisory",
      validateResource: validateResourceOfType(kubernetes.apps.v1.Deployment, ({ spec }, _, report) => {
        if (spec.replicas > 2) report(`${spec.replicas} replicas are many.`);
      }),
    },
  ],
});
