# Configuration of the Holdfast server; every *.hcl and *.json in this folder is read.

# The service lets the server write below /var/lib/holdfast and /var/log/holdfast only (holdfast.service says how to allow more): put the
# storage, log_file, audit files and folders of automatic snapshots there.
storage "leveldb" {
  path = "/var/lib/holdfast/data"
}

# Clients on this machine only, without TLS. For others: an address they can reach, and a certificate.
listener "tcp" {
  address     = "127.0.0.1:8200"
  tls_disable = true

  # address       = "0.0.0.0:8200"
  # tls_cert_file = "/etc/holdfast.d/tls/cert.pem"
  # tls_key_file  = "/etc/holdfast.d/tls/key.pem"
}

# Where clients, other clusters and secondaries reach this one. Without api_addr activation tokens name no address; without cluster_addr it is
# the host of api_addr and the port after it. /usr/share/doc/holdfast/two-machines has a whole sample for two machines.
# api_addr     = "https://secrets.example.com:8200"
# cluster_addr = "https://secrets.example.com:8201"
# cluster_name = "alpha"

# Generating a root token, replacing the key shares and making DR operation tokens take a token as well as key shares; without this
# line anybody who reaches the listener may begin and cancel them. Name a family here ("generate-root") to open it again.
enable_unauthenticated_access = []

# An HSM opens the server at its start, instead of people with key shares (see holdfast.hcl(5)). The PIN is best given as
# VAULT_HSM_PIN=… in /etc/holdfast.d/holdfast.env, which the service reads.
# seal "pkcs11" {
#   lib          = "/usr/lib/softhsm/libsofthsm2.so"
#   token_label  = "holdfast"
#   key_label    = "holdfast-root"
#   generate_key = "true"
# }
