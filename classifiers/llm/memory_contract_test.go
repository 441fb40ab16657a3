package llm_test

import (
	"testing"

	"assay/classifiers/llm"
	"assay/classifiers/llm/ledgertest"
)

func TestMemoryIsALedger(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(t *testing.T, b llm.Budget) llm.Ledger {
		m, err := llm.NewMemory(llm.MemoryOptions{Budget: b, Prices: ledgertest.Prices})
		if err != nil {
			t.Fatal(err)
		}
		return m
	})
}
