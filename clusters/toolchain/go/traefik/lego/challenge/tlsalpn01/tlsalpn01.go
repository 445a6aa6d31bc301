// Package tlsalpn01 has the names of proof by a certificate of the server's own.
package tlsalpn01

import (
	"time"

	"github.com/go-acme/lego/v5/challenge"
)

// ACMETLS1Protocol is the protocol that a client asks such a certificate for. @see RFC 8737
const ACMETLS1Protocol = "acme-tls/1"

// ChallengeOption is a setting of the proof.
type ChallengeOption struct{}

// SetDelay does nothing.
func SetDelay(time.Duration) ChallengeOption { return ChallengeOption{} }

// ChallengeBlocks fails.
func ChallengeBlocks(string, string) ([]byte, []byte, error) { return nil, nil, challenge.ErrLeftOut }
