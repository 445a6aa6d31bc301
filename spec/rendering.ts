/**
 * Annotation that carries the names of a Secret's keys, with commas, from a program that only renders to the command
 * that writes the manifests. The engine hides a Secret as a whole, its keys included. It is on no object in a cluster.
 */
export const SECRET_KEYS_ANNOTATION = "terrarium.dev/secret-keys";
