// Package ext has what a distribution of Traefik adds to its configuration of routes: nothing. Traefik keeps it in a module beside
// its own, which the module registry does not have.
package ext

// HTTP is what is added to the configuration of HTTP.
type HTTP struct{}

// Router is what is added to a route.
type Router struct{}
