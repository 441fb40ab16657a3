package main

import (
	"net"
	"testing"

	"assay/cmd/assay/internal/web"
)

func TestReadersHaveTheSystemUsersNameOnThisMachineOnly(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"127.0.0.1:0": systemUser(), "0.0.0.0:0": ""} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		if got := named(web.Access{Role: web.Reviewer}, listener); got.User != want || got.Role != web.Reviewer {
			t.Errorf("%s: %+v, want the name %q", address, got, want)
		}
	}
}
