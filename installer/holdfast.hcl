# Configuration of the Holdfast server. The server reads every *.hcl and *.json file in this folder.

# The service lets the server write only below /var/lib/holdfast and /var/log/holdfast. Put storage, log_file, audit files and folders of
# automatic snapshots there. holdfast.service says how to allow more.
storage "leveldb" {
  path = "/var/lib/holdfast/data"
}

# For clients on this machine only, without TLS. For other machines set an address that they can reach, and a certificate.
listener "tcp" {
  address     = "127.0.0.1:8200"
  tls_disable = true

  # address       = "0.0.0.0:8200"
  # tls_cert_file = "/etc/holdfast.d/tls/cert.pem"
  # tls_key_file  = "/etc/holdfast.d/tls/key.pem"
}

# Addresses at which clients and other clusters reach this cluster. Without api_addr, activation tokens name no address. The default of
# cluster_addr is the host of api_addr and its port plus one. /usr/share/doc/holdfast/two-machines has a full sample for two machines.
# api_addr     = "https://secrets.example.com:8200"
# cluster_addr = "https://secrets.example.com:8201"
# cluster_name = "alpha"

# With this line, root tokens, new key shares and DR operation tokens need a token in addition to key shares. Without it, everybody who
# reaches the listener can start and cancel an attempt. To allow one kind without a token, name it here, such as "generate-root".
enable_unauthenticated_access = []

# With this stanza an HSM opens the server at its start, instead of people with key shares (see holdfast.hcl(5)). Set the PIN as
# VAULT_HSM_PIN=… in /etc/holdfast.d/holdfast.env, which the service reads.
# seal "pkcs11" {
#   lib          = "/usr/lib/softhsm/libsofthsm2.so"
#   token_label  = "holdfast"
#   key_label    = "holdfast-root"
#   generate_key = "true"
# }
