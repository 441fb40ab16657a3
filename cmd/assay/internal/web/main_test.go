package web

import (
	"os"
	"testing"

	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
)

func TestMain(m *testing.M) {
	os.Exit(storetest.Run(m, storetest.Options{Migrate: store.Migrate}))
}
