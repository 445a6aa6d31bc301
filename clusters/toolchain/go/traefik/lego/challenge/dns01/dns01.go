// Package dns01 has the names of proof by a record of DNS.
package dns01

import (
	"strings"
	"time"
)

// Options says whom to ask.
type Options struct{ RecursiveNameservers []string }

// Client would ask a name server.
type Client struct{}

// ChallengeOption is a setting of the proof.
type ChallengeOption struct{}

// NewClient returns a client that asks nobody.
func NewClient(*Options) *Client { return &Client{} }

// SetDefaultClient does nothing.
func SetDefaultClient(*Client) {}

// CondOptions does nothing.
func CondOptions(bool, ...ChallengeOption) ChallengeOption { return ChallengeOption{} }

// DisableAuthoritativeNssPropagationRequirement does nothing.
func DisableAuthoritativeNssPropagationRequirement() ChallengeOption { return ChallengeOption{} }

// DisableRecursiveNSsPropagationRequirement does nothing.
func DisableRecursiveNSsPropagationRequirement() ChallengeOption { return ChallengeOption{} }

// PropagationWait does nothing.
func PropagationWait(time.Duration, bool) ChallengeOption { return ChallengeOption{} }

// UnFqdn is the name without the dot at its end.
func UnFqdn(name string) string { return strings.TrimSuffix(name, ".") }
