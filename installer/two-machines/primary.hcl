# The primary of two machines; README.md beside this file has the steps.

cluster_name = "alpha"

# The service lets the server write below /var/lib/holdfast and /var/log/holdfast only.
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

# What this cluster tells others: a name that clients and the machine of beta reach. A listener on 0.0.0.0 tells nothing of the kind.
api_addr     = "https://alpha.example.com:8200"
cluster_addr = "https://alpha.example.com:8201"
