#pragma once

#include "core/crypto/x509.h"

#include <cstdint>
#include <string>
#include <vector>

namespace core::crypto {

/// What a TLS port shows to a client without a certificate, in one handshake.
struct TlsProbe {
    bool isConnected = false; // by TCP
    std::string connectError; // why it is not connected
    bool hasShownCertificate = false;
    std::string tlsError;               // how a failed handshake ended; mostly an alert
    std::string version;                // "TLSv1.3"
    std::string protocol;               // agreed on by ALPN
    std::vector<CertificateInfo> chain; // the leaf first
    std::string verifyError;            // empty: the chain leads to an authority, is valid now and has the host's name
};

struct TlsProbeOptions {
    std::string host; // a name or an address
    std::uint16_t port = 0;
    std::vector<std::string> protocols{}; // offered by ALPN; empty: no ALPN
    std::string authorities{};            // PEM; empty: `authorityFile`, or the system's
    std::string authorityFile{};
    std::chrono::milliseconds timeout{5000}; // for the connection, and again for the handshake
};

/// Blocking, so never call it on an I/O thread. Sends only a ClientHello and what ends the handshake.
TlsProbe probeTls(const TlsProbeOptions& options);

} // namespace core::crypto
