// Package auth takes the place of the fork that Traefik uses for passwords, which the module registry does not have. It lets nobody
// in.
package auth

import "net/http"

// SecretProvider finds what a user's password is compared with.
type SecretProvider func(user, realm string) string

// BasicAuth lets nobody in.
type BasicAuth struct {
	Realm   string
	Secrets SecretProvider
}

// CheckSecret finds every password wrong.
func CheckSecret(string, string) bool { return false }

// RequireAuth refuses a request.
func (*BasicAuth) RequireAuth(w http.ResponseWriter, _ *http.Request) { refuse(w) }

// DigestAuth lets nobody in.
type DigestAuth struct{}

// NewDigestAuthenticator returns what lets nobody in.
func NewDigestAuthenticator(string, SecretProvider) *DigestAuth { return &DigestAuth{} }

// DigestAuthParams finds nothing.
func DigestAuthParams(string) map[string]string { return nil }

// CheckAuth knows nobody.
func (*DigestAuth) CheckAuth(*http.Request) (string, *string) { return "", nil }

// RequireAuth refuses a request.
func (*DigestAuth) RequireAuth(w http.ResponseWriter, _ *http.Request) { refuse(w) }

// RequireAuthStale refuses a request.
func (*DigestAuth) RequireAuthStale(w http.ResponseWriter, _ *http.Request) { refuse(w) }

func refuse(w http.ResponseWriter) {
	http.Error(w, "this Traefik was built without passwords", http.StatusUnauthorized)
}
