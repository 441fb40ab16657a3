package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// object is a JSON object of the description.
type object = map[string]any

// describe is the description of the API with what holds for all of it: which
// scope each route needs of a token, how requests are refused, who is asked for.
func describe(routes []route, requireToken bool) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(description))
	decoder.UseNumber()
	var doc object
	if err := decoder.Decode(&doc); err != nil {
		return nil, fmt.Errorf("web: description: %w", err)
	}
	components, err := part(doc, "components")
	if err != nil {
		return nil, err
	}
	if err := addComponents(components); err != nil {
		return nil, err
	}
	for _, rt := range routes {
		method, path, _ := strings.Cut(rt.pattern, " ")
		if rt.kind != programs || !strings.HasPrefix(path, "/api/v1/") {
			continue
		}
		operation, err := part(doc, "paths", path, strings.ToLower(method))
		if err != nil {
			return nil, err
		}
		if err := addAccess(operation, scopeOf(rt.pattern), requireToken); err != nil {
			return nil, err
		}
	}
	return json.MarshalIndent(doc, "", "  ")
}

// part finds an object in another, by the keys that lead to it.
func part(from object, keys ...string) (object, error) {
	for i, key := range keys {
		next, ok := from[key].(object)
		if !ok {
			return nil, fmt.Errorf("web: description: no object at %s", strings.Join(keys[:i+1], " → "))
		}
		from = next
	}
	return from, nil
}

func addComponents(components object) error {
	responses, err := part(components, "responses")
	if err != nil {
		return err
	}
	var scopes []string
	for _, s := range Scopes {
		scopes = append(scopes, string(s))
	}
	components["securitySchemes"] = object{"token": object{
		"type": "http", "scheme": "bearer", "bearerFormat": tokenMark + "…",
		"description": "A token made by \"assay token create\". It works for the scopes it was made with: " + strings.Join(scopes, ", ") +
			". Pages of other sites may use it when their origin was given with it. Another bearer token is answered 401, except where a proxy names the reader " +
			"(--user-header): it may forward one of its own, which is passed over.",
	}}
	problem := object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}}
	responses["Unauthorized"] = object{
		"description": "The token is unknown, revoked or expired, or there is none where one is required",
		"headers":     object{"WWW-Authenticate": header("string", "How to authenticate (RFC 6750)")}, "content": problem,
	}
	responses["TooManyRequests"] = object{
		"description": fmt.Sprintf("Too many requests of this agent (of the token itself, where no %s is named), of all agents of the token together "+
			"(%d times as many), or, without a token, of this address", agentHeader, allAgents),
		"headers": object{
			"Retry-After":      header("integer", "Seconds to wait"),
			"RateLimit":        header("string", "What is left (r), and the seconds until all of it is back (t)"),
			"RateLimit-Policy": header("string", "How many requests (q) in how many seconds (w)"),
		},
		"content": problem,
	}
	components["parameters"] = merged(components["parameters"], "AssayAgent", object{
		"name": agentHeader, "in": "header", "schema": object{"type": "string", "maxLength": longestName},
		"description": "Id of the agent for whom a program asks; taken with a token only. Requests are counted by agent",
	})
	return nil
}

func header(kind, text string) object {
	return object{"description": text, "schema": object{"type": kind}}
}

// merged is an object, which may be missing, with one more entry.
func merged(from any, key string, value object) object {
	out, ok := from.(object)
	if !ok {
		out = object{}
	}
	out[key] = value
	return out
}

// addAccess says what an operation asks of a token, and how it refuses.
func addAccess(operation object, scope Scope, requireToken bool) error {
	responses, err := part(operation, "responses")
	if err != nil {
		return err
	}
	responses["401"] = object{"$ref": "#/components/responses/Unauthorized"}
	responses["403"] = object{"$ref": "#/components/responses/Problem"}
	responses["429"] = object{"$ref": "#/components/responses/TooManyRequests"}
	security := []any{}
	switch scope {
	case noScope:
	case anyScope:
		security = append(security, object{"token": []any{}})
	default:
		security = append(security, object{"token": []any{string(scope)}})
	}
	if !requireToken {
		security = append(security, object{})
	}
	operation["security"] = security
	if scope != noScope {
		parameters, _ := operation["parameters"].([]any)
		operation["parameters"] = append(parameters, object{"$ref": "#/components/parameters/AssayAgent"})
	}
	return nil
}
