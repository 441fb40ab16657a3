package jobs

import (
	"testing"

	"assay/classifiers/llm"
	"assay/classifiers/llm/ledgertest"
	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
)

func TestTheDatabaseIsALedger(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(t *testing.T, b llm.Budget) llm.Ledger {
		l, err := NewLedger(store.New(storetest.New(t), store.Options{}), LedgerOptions{Budget: b, Prices: ledgertest.Prices})
		if err != nil {
			t.Fatal(err)
		}
		return l
	})
}
