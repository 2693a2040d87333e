# What is done often, in one word each. `make` lists it. Needs a POSIX shell, npm, and for images and clusters docker, kubectl.
SHELL := /bin/sh
.DEFAULT_GOAL := help

IMAGE ?= millrace
VERSION ?= $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' packages/millrace/package.json)
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
COMPOSE ?= docker compose -f deploy/compose.yaml
KUBECTL ?= kubectl
OVERLAYS := deploy/kubernetes/overlays

.PHONY: help deps up down test check images docs secrets secrets-k8s k8s-monitoring k8s-render k8s-dev k8s-sit k8s-prod

help: ## list what there is
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

deps: ## install what package-lock.json names
	npm ci --no-audit --no-fund

up: deploy/.env ## start the platform and its servers by Compose
	$(COMPOSE) up --build --wait

down: ## stop them; volumes stay
	$(COMPOSE) down

test: ## run the tests
	npm test

check: ## run every gate
	npm run check

images: ## build the image
	docker build -f deploy/container/Dockerfile -t $(IMAGE):$(VERSION) \
		--build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) \
		--build-arg CREATED=$$(date -u +%Y-%m-%dT%H:%M:%SZ) .

docs: ## build the pages of docs/
	npm run docs:build

secrets: deploy/.env ## make deploy/.env with passwords of its own, where there is none

deploy/.env:
	@umask 077; while IFS= read -r line; do \
		case $$line in \
			MSSQL_SA_PASSWORD=) printf '%sA1-%s\n' "$$line" "$$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" ;; \
			*PASSWORD=) printf '%s%s\n' "$$line" "$$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" ;; \
			*) printf '%s\n' "$$line" ;; \
		esac; \
	done <deploy/.env.example >deploy/.env.new && mv deploy/.env.new deploy/.env
	@echo "made deploy/.env"

secrets-k8s: ## make the Secret of a namespace: make secrets-k8s NAMESPACE=millrace-dev
	@test -n "$(NAMESPACE)" || { echo "say NAMESPACE=millrace-dev" >&2; exit 2; }
	@umask 077; file=$$(mktemp); trap 'rm -f "$$file"' EXIT; \
		password=$$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n'); \
		master=$$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n'); \
		sed -e "s/:password@/:$$password@/" -e "s/^POSTGRES_PASSWORD=.*/POSTGRES_PASSWORD=$$password/" \
			-e "s/^MILLRACE_MASTER_PASSWORD=.*/MILLRACE_MASTER_PASSWORD=$$master/" -e '/^#/d' \
			deploy/kubernetes/secrets.example.env >"$$file"; \
		$(KUBECTL) create secret generic millrace-secrets -n "$(NAMESPACE)" --from-env-file="$$file"

k8s-render: ## print what an environment consists of: make k8s-render ENVIRONMENT=dev
	@$(KUBECTL) kustomize $(OVERLAYS)/$(or $(ENVIRONMENT),dev)

k8s-monitoring: ## Prometheus, Loki and Grafana in a namespace: make k8s-monitoring NAMESPACE=millrace-sit
	@test -n "$(NAMESPACE)" || { echo "say NAMESPACE=millrace-sit" >&2; exit 2; }
	$(KUBECTL) create configmap millrace-alerts -n "$(NAMESPACE)" --from-file=deploy/monitoring/prometheus \
		--dry-run=client -o yaml | $(KUBECTL) apply -f -
	$(KUBECTL) create configmap millrace-dashboards -n "$(NAMESPACE)" --from-file=deploy/monitoring/grafana \
		--dry-run=client -o yaml | $(KUBECTL) apply -f -
	$(KUBECTL) apply -k $(OVERLAYS)/monitoring -n "$(NAMESPACE)"

k8s-dev: ## bring the cluster's dev to what is in the repository
k8s-sit: ## the same for sit
k8s-prod: ## the same for prod

k8s-dev k8s-sit k8s-prod: k8s-%:
	$(KUBECTL) delete job millrace-migrate -n millrace-$* --ignore-not-found
	$(KUBECTL) apply -k $(OVERLAYS)/$*
	$(KUBECTL) wait --for=condition=complete job/millrace-migrate -n millrace-$* --timeout=15m
	for part in scheduler worker dashboard api ingest; do \
		$(KUBECTL) rollout status deployment/millrace-$$part -n millrace-$* --timeout=10m || exit 1; \
	done
