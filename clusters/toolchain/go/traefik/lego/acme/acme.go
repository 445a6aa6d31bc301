// Package acme has the names of accounts with a certificate authority.
package acme

// Account is what the authority knows of its customer.
type Account struct{}

// ExtendedAccount is an account and its address.
type ExtendedAccount struct {
	Account

	Location string
}
