# words
path "secret/data/{{identity.entity.id}}/*" {
  capabilities = ["create", "read", "update", "patch", "delete", "list", "sudo"]
  allowed_parameters = { "ttl" = ["1h", "2*", 5, true] "*" = [] }
  denied_parameters = { "bar" = [] }
  required_parameters = ["ttl"]
  min_wrapping_ttl = "1s" /* at least */
  max_wrapping_ttl = 90 // at most
}
path "a/+/b*" { policy = "write" }
path "+/x/+" { capabilities = ["deny"] }
