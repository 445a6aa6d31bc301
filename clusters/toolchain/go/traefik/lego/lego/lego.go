// Package lego has the names of the client of a certificate authority.
package lego

import (
	"crypto/x509"
	"net/http"
	"time"

	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/challenge/http01"
	"github.com/go-acme/lego/v5/challenge/tlsalpn01"
	"github.com/go-acme/lego/v5/registration"
)

// DirectoryURLLetsEncrypt is nobody's address.
const DirectoryURLLetsEncrypt = ""

// Config says how the authority is asked.
type Config struct {
	CADirURL    string
	UserAgent   string
	HTTPClient  *http.Client
	Certificate struct{ Timeout time.Duration }
}

// Client would ask a certificate authority.
type Client struct {
	Certificate  *certificate.Certifier
	Challenge    *Solvers
	Registration *registration.Registrar
}

// Solvers would prove that a domain is one's own.
type Solvers struct{}

// NewConfig returns an empty configuration.
func NewConfig(registration.User) *Config { return &Config{} }

// NewClient fails.
func NewClient(*Config) (*Client, error) { return nil, challenge.ErrLeftOut }

// CreateCertPool fails.
func CreateCertPool([]string, bool) (*x509.CertPool, error) { return nil, challenge.ErrLeftOut }

// SetDNS01Provider fails.
func (*Solvers) SetDNS01Provider(challenge.Provider, ...dns01.ChallengeOption) error {
	return challenge.ErrLeftOut
}

// SetHTTP01Provider fails.
func (*Solvers) SetHTTP01Provider(challenge.Provider, ...http01.ChallengeOption) error {
	return challenge.ErrLeftOut
}

// SetTLSALPN01Provider fails.
func (*Solvers) SetTLSALPN01Provider(challenge.Provider, ...tlsalpn01.ChallengeOption) error {
	return challenge.ErrLeftOut
}
