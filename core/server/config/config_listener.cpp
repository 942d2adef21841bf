#include "core/server/config/config_file_reader.h"

#include "core/server/config/config_values.h"

#include <algorithm>

namespace core::server {

using namespace policy;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kRequestBytesUnlimited = std::uint64_t{1} << 62; // a negative max_request_size; the memory budget of all bodies still holds

Result<ListenerConfig::TlsVersion> parseTlsVersionMin(std::string_view text)
{
    if (text.empty() || text == "tls12") return ListenerConfig::TlsVersion::Tls12;
    if (text == "tls13") return ListenerConfig::TlsVersion::Tls13;
    return Error{ErrorCode::InvalidArgument, "must be tls12 or tls13, not \"" + std::string{text} + '"'};
}

Result<std::uint64_t> parseRequestSize(std::string_view text)
{
    auto bytes = parseInteger(text);
    if (!bytes) return std::move(bytes).error();
    if (*bytes == 0) return ListenerConfig{}.requestBytesMax;
    return *bytes < 0 ? kRequestBytesUnlimited : static_cast<std::uint64_t>(*bytes);
}

/// Reads one stanza. Errors are kept in the section until it is finished.
class ListenerReader {
public:
    ListenerReader(const fs::path& file, const hcl::Labelled& block, Config& config)
        : m_file{file}
        , m_block{block}
        , m_config{config}
        , m_stanza{section(*block.body, "listener \"" + std::string{block.label} + '"')}
    {}

    Result<> read()
    {
        m_listener.origin = m_stanza.originOf(m_block.position);
        if (m_block.label != "tcp" && !isUnix()) {
            return Error{ErrorCode::InvalidArgument,
                         m_listener.origin + ": listener: unknown type \"" + std::string{m_block.label} + "\" (tcp or unix)"};
        }
        readAddresses();
        readTls();
        m_stanza.readWith("max_request_size", parseRequestSize, m_listener.requestBytesMax);
        m_stanza.readDuration("max_request_duration", m_listener.requestDurationMax, ListenerConfig{}.requestDurationMax);
        if (auto done = readOpenPaths(); !done) return done;
        readListenerRules(m_stanza, m_block, m_listener.rules);
        if (isUnix()) {
            m_listener.isTlsDisabled = true;
            m_listener.address.port = 0; // a Unix socket has no port, and no other listener uses 0
        }
        checkTls();
        if (!m_listener.clusterAddress && m_listener.address.port == 65'535) {
            m_stanza.fail("address", "leaves no port for the cluster; set cluster_address");
        }
        if (auto done = m_stanza.finish(); !done) return done;
        // The announced addresses come from the first listener, which must be a network listener.
        const auto place = std::ranges::find_if(m_config.listeners, [&](const auto& other) { return !isUnix() && other.rules.unixSocket; });
        m_config.listeners.insert(place, std::move(m_listener));
        return {};
    }

private:
    bool isUnix() const { return m_block.label == "unix"; }
    ConfigSection section(const hcl::Object& body, std::string name) { return {m_file, body, std::move(name), m_config.warnings}; }

    void readAddresses()
    {
        const auto ownAddress = [](std::string_view text) {
            return text.empty() ? Result<ListenAddress>{ListenerConfig{}.address} : parseAddress(text, 8200);
        };
        const auto clusterAddress = [](std::string_view text) -> Result<std::optional<ListenAddress>> {
            if (text.empty()) return std::optional<ListenAddress>{};
            auto address = parseAddress(text, 8201);
            if (!address) return std::move(address).error();
            return std::optional{*std::move(address)};
        };
        if (!isUnix()) m_stanza.readWith("address", ownAddress, m_listener.address);
        m_stanza.readWith("cluster_address", clusterAddress, m_listener.clusterAddress);
    }

    void readTls()
    {
        m_stanza.read("tls_disable", m_listener.isTlsDisabled);
        m_stanza.read("tls_cert_file", m_listener.tlsCertFile);
        m_stanza.read("tls_key_file", m_listener.tlsKeyFile);
        m_stanza.read("tls_client_ca_file", m_listener.tlsClientCaFile);
        m_stanza.read("tls_require_and_verify_client_cert", m_listener.isClientCertRequired);
        m_stanza.readWith("tls_min_version", parseTlsVersionMin, m_listener.tlsVersionMin);
        m_stanza.read("tls_disable_client_certs", m_isClientCertDisabled);
    }

    /// The keys that open a path without a token.
    Result<> readOpenPaths()
    {
        for (const auto* body : m_stanza.unlabelled("telemetry")) {
            auto telemetry = section(*body, "telemetry of listener \"tcp\"");
            telemetry.read("unauthenticated_metrics_access", m_listener.isMetricsOpen);
            if (auto done = telemetry.finish(); !done) return done;
        }
        for (const auto* body : m_stanza.unlabelled("profiling")) {
            auto profiling = section(*body, "profiling of listener \"tcp\"");
            profiling.read("unauthenticated_in_flight_request_access", m_listener.isInFlightOpen);
            profiling.acceptWithoutEffect({"unauthenticated_pprof_access"});
            if (auto done = profiling.finish(); !done) return done;
        }
        for (const auto* body : m_stanza.unlabelled("inflight_requests_logging")) { // Vault's manual has this key here too
            auto inFlight = section(*body, "inflight_requests_logging of listener \"tcp\"");
            inFlight.read("unauthenticated_in_flight_requests_access", m_listener.isInFlightOpen);
            if (auto done = inFlight.finish(); !done) return done;
        }
        return {};
    }

    /// Refuses settings that contradict each other.
    void checkTls()
    {
        const auto& listener = m_listener;
        if (listener.rules.isTls12Max && listener.tlsVersionMin == ListenerConfig::TlsVersion::Tls13) {
            m_stanza.fail("tls_max_version", "is lower than tls_min_version");
        }
        const bool isTls = !listener.isTlsDisabled;
        if (isTls && listener.tlsCertFile.empty()) m_stanza.failAt(m_block.position, "listener: tls_cert_file is missing (or set tls_disable)");
        if (isTls && listener.tlsKeyFile.empty()) m_stanza.failAt(m_block.position, "listener: tls_key_file is missing (or set tls_disable)");
        if (m_isClientCertDisabled && listener.isClientCertRequired) {
            m_stanza.fail("tls_disable_client_certs", "contradicts tls_require_and_verify_client_cert");
        }
        if (listener.isClientCertRequired && listener.isTlsDisabled) m_stanza.fail("tls_require_and_verify_client_cert", "contradicts tls_disable");
        if (listener.isClientCertRequired && listener.tlsClientCaFile.empty()) {
            m_stanza.fail("tls_require_and_verify_client_cert", "needs tls_client_ca_file");
        }
        if (m_isClientCertDisabled) m_listener.tlsClientCaFile.clear();
    }

    const fs::path& m_file;
    const hcl::Labelled& m_block;
    Config& m_config;
    ConfigSection m_stanza;
    ListenerConfig m_listener;
    bool m_isClientCertDisabled = false;
};

} // namespace

Result<> readListenerStanza(const fs::path& file, const hcl::Labelled& block, Config& config)
{
    return ListenerReader{file, block, config}.read();
}

} // namespace core::server
