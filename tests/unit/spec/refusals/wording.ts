import { IMAGE } from "../environments.ts";

/** Keys of a service, as an error lists them. */
export const SERVICE_KEYS =
  "image, source, command, args, component, identity, replicas, scaling, volumes, ports, calls, startAfter, internet, egress, expose, env, secrets, " +
  "probes, resources, logLevel, metrics, user, serviceAccountToken, terminationGracePeriodSeconds, rollout, disruption, nodePort";

/** Keys of a Redis data store, as an error lists them. */
export const REDIS_KEYS = "engine, version, maxMemoryPercent, evictionPolicy, image, storage, resources, deletion";

/** What a name is made of. */
export const NAME = "lower-case letters, digits and '-', starting with a letter and ending with a letter or digit";

/** What an image is expected to be. */
export const IMAGE_EXAMPLE = 'an image reference such as "registry.example.com/team/api:1.4.2"';

/** The smallest migration, of a data store called db. */
export const MIGRATION = { dataStore: "db", image: IMAGE, command: ["migrate"] };

/** A volume of a service. */
export const VOLUME = { name: "data", mountPath: "/data", size: "1Gi" };
