#pragma once

#include "core/crypto/x509.h"

#include <cstdint>
#include <string>
#include <vector>

namespace core::crypto {

/// What a TLS port shows to somebody who only looks: a handshake without a client certificate, then the end.
struct TlsProbe {
    bool isConnected = false; // by TCP
    std::string connectError; // why not
    bool hasShownCertificate = false;
    std::string tlsError;               // how the handshake ended, when it did not succeed: an alert, mostly
    std::string version;                // "TLSv1.3"
    std::string protocol;               // agreed by ALPN
    std::vector<CertificateInfo> chain; // the leaf first
    std::string verifyError;            // empty: the chain leads to an authority, is valid now and bears the host's name
};

struct TlsProbeOptions {
    std::string host; // a name or an address
    std::uint16_t port = 0;
    std::vector<std::string> protocols{}; // offered by ALPN; none: no ALPN
    std::string authorities{};            // PEM; empty: `authorityFile`, or the system's
    std::string authorityFile{};
    std::chrono::milliseconds timeout{5000}; // for connecting and again for the handshake
};

/// Blocking; never on an I/O thread. Sends nothing but a ClientHello and what ends the handshake.
TlsProbe probeTls(const TlsProbeOptions& options);

} // namespace core::crypto
