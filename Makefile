# Two commands: "make demo" shows everything, "make test" passes all tests.
# Both install what they need where the system's package manager lets them.

GO ?= go
PACKAGES = ./... ./testdata

.PHONY: demo build test race lint bench clean

demo: build
	./assay demo

build:
	$(GO) build -o assay ./cmd/assay

test: needs
	$(GO) test $(PACKAGES)
	$(GO) test -race -short ./jobs ./classifiers/... ./knowledge ./pipeline ./pipeline/store/cluster

lint:
	$(GO) vet $(PACKAGES)
	$(GO) tool staticcheck $(PACKAGES)
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "not gofmt-ed: $$unformatted"; exit 1; }

bench: build
	./assay bench

clean:
	rm -f assay

.PHONY: needs
needs:
	@.ci/needs
