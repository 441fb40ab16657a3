# Two commands: "make demo" shows everything, "make test" passes all tests.
# Both install what they need where the system's package manager lets them.

GO ?= go
PACKAGES = ./... ./testdata

.PHONY: demo build test race lint bench bench-rules clean

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

# bench-rules measures the rules against a loop of Go regexps and, where pkg-config
# finds libhs, against Hyperscan. ASSAY_BENCH_DIALOGUES names transcripts to run over,
# parted by colons; without it they are the demo's and the packs' examples.
bench-rules:
	@pkg-config --exists libhs 2>/dev/null || echo "libhs (Debian: libhyperscan-dev) is not installed: no comparison with Hyperscan"
	$(GO) test $$(pkg-config --exists libhs 2>/dev/null && echo "-tags hyperscan") -run '^$$' -bench 'Rules|Fold|Load' -benchtime 10x -timeout 30m ./classifiers

clean:
	rm -f assay

.PHONY: needs
needs:
	@.ci/needs
