# The primary of two machines; README.md beside this file has the steps.

cluster_name = "alpha"

# The service lets the server write only below /var/lib/holdfast and /var/log/holdfast.
storage "leveldb" {
  path = "/var/lib/holdfast/data"
}

# All addresses of this machine: the API on 8200, the cluster port on 8201.
listener "tcp" {
  address         = "0.0.0.0:8200"
  cluster_address = "0.0.0.0:8201"
  tls_cert_file   = "/etc/holdfast.d/tls/cert.pem"
  tls_key_file    = "/etc/holdfast.d/tls/key.pem"
}

# The addresses that this cluster gives to clients and to beta. Both must reach them; a listener on 0.0.0.0 names none.
api_addr     = "https://alpha.example.com:8200"
cluster_addr = "https://alpha.example.com:8201"
