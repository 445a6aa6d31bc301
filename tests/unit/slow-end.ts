/**
 * Required by mocha's processes. A worker that needs more than a second to write its coverage is told to end once more, by SIGTERM;
 * without a listener that ends it at once, and what it has covered counts as not covered.
 */
process.once("SIGTERM", () => process.exit(143));
