// Package challenge has the name of what proves that a domain is one's own.
package challenge

import (
	"context"
	"errors"
)

// ErrLeftOut is what everything here answers that would need a certificate authority.
var ErrLeftOut = errors.New("this Traefik was built without ACME: give it certificates")

// Provider proves that a domain is one's own.
type Provider interface {
	Present(ctx context.Context, domain, token, keyAuth string) error
	CleanUp(ctx context.Context, domain, token, keyAuth string) error
}
