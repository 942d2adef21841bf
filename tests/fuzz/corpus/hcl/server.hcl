storage "raft" { path = "/d" node_id = "n" retry_join { leader_api_addr = "http://a:8200" } }
listener "tcp" { address = "[::1]:8200" tls_disable = 1 max = 0x1f ratio = -1.5e3 mode = 0600 }
text = <<-EOF
    one ${ f("x", {}) }
      two
    EOF
list = [1, "\u00e4\x41\101\n", <<E
x
E
, [true, {a = 1}],]
quoted = "x${ "y" }z"
