#include "core/crypto/tls.h"

#include "core/base/mutex.h"
#include "core/base/small_file.h"
#include "core/crypto/openssl_handles.h"
#include "core/crypto/tls_refusal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <map>
#include <span>

namespace core::crypto {
namespace {

TlsContext newContext(const SSL_METHOD* method, int versionMin)
{
    TlsContext context{SSL_CTX_new(method)};
    CORE_ASSERT(context.get() != nullptr && SSL_CTX_set_min_proto_version(context.get(), versionMin) == 1);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    return context;
}

Result<> use(SSL_CTX* context, const Identity& identity)
{
    const BioHandle bio = bioOver(identity.certificate);
    const CertificateHandle leaf = nextCertificate(bio.get());
    if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) {
        return opensslError(ErrorCode::InvalidArgument, "using a certificate");
    }
    while (CertificateHandle next = nextCertificate(bio.get())) {
        CORE_ASSERT(SSL_CTX_add0_chain_cert(context, next.get()) == 1);
        static_cast<void>(next.release());
    }
    ERR_clear_error(); // OpenSSL counts the end of the text as an error
    auto key = privateKeyFromPem(identity.key.view());
    if (!key) return std::move(key).error();
    if (SSL_CTX_use_PrivateKey(context, key->get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
        return opensslError(ErrorCode::InvalidArgument, "using a private key");
    }
    return {};
}

Result<> trust(SSL_CTX* context, std::string_view authorities)
{
    const BioHandle bio = bioOver(authorities);
    const StoreHandle store{X509_STORE_new()};
    CORE_ASSERT(store != nullptr);
    int count = 0;
    while (const CertificateHandle authority = nextCertificate(bio.get())) {
        CORE_ASSERT(X509_STORE_add_cert(store.get(), authority.get()) == 1);
        CORE_ASSERT(SSL_CTX_add_client_CA(context, authority.get()) == 1);
        ++count;
    }
    ERR_clear_error();
    if (count == 0) return Error{ErrorCode::InvalidArgument, "no certificate of an authority"};
    SSL_CTX_set1_cert_store(context, store.get());
    return {};
}

void forbidResumption(SSL_CTX* context)
{
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    CORE_ASSERT(SSL_CTX_set_num_tickets(context, 0) == 1);
}

using Fingerprints = std::set<std::string>;

/// Replaces the whole check of a chain. The handshake proves that the peer has the key, and the fingerprint says which certificate it must be.
int verifyPinned(X509_STORE_CTX* store, void* fingerprints)
{
    X509* leaf = X509_STORE_CTX_get0_cert(store);
    if (leaf != nullptr && static_cast<const Fingerprints*>(fingerprints)->contains(fingerprintOf(leaf))) return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

/// A certificate that this end knows by its fingerprint needs no authority. Another authority than the present one may have issued it.
int verifyKnown(X509_STORE_CTX* store, void* fingerprints)
{
    const X509* leaf = X509_STORE_CTX_get0_cert(store);
    const bool isValidNow =
        leaf != nullptr && X509_cmp_current_time(X509_get0_notBefore(leaf)) < 0 && X509_cmp_current_time(X509_get0_notAfter(leaf)) > 0;
    if (isValidNow && static_cast<const Fingerprints*>(fingerprints)->contains(fingerprintOf(X509_STORE_CTX_get0_cert(store)))) return 1;
    return X509_verify_cert(store);
}

using Verify = int (*)(X509_STORE_CTX*, void*);

/// The context owns the set; connections keep the context alive.
void pin(SSL_CTX* context, Fingerprints fingerprints, Verify verify = verifyPinned)
{
    static const int slot = SSL_CTX_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* owned, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Fingerprints*>(owned); });
    auto owned = std::make_unique<Fingerprints>(std::move(fingerprints));
    SSL_CTX_set_cert_verify_callback(context, verify, owned.get());
    CORE_ASSERT(SSL_CTX_set_ex_data(context, slot, owned.get()) == 1);
    static_cast<void>(owned.release());
}

void offer(SSL_CTX* context, const std::string& protocol)
{
    std::string offered(1, static_cast<char>(protocol.size()));
    offered += protocol;
    CORE_ASSERT(SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(offered.data()), static_cast<unsigned>(offered.size())) == 0);
}

int selectHttp(SSL*, const unsigned char** out, unsigned char* outSize, const unsigned char* in, unsigned inSize, void*)
{
    static constexpr unsigned char kHttp[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* selected = nullptr;
    if (SSL_select_next_proto(&selected, outSize, kHttp, sizeof kHttp, in, inSize) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK; // a client that speaks HTTP/1.1 anyway is accepted
    }
    *out = selected;
    return SSL_TLSEXT_ERR_OK;
}

} // namespace

TlsContext& TlsContext::operator=(TlsContext&& other) noexcept
{
    std::swap(m_context, other.m_context);
    return *this;
}

TlsContext::~TlsContext()
{
    SSL_CTX_free(m_context);
}

ssl_ctx_st* TlsContext::share() const
{
    CORE_ASSERT(SSL_CTX_up_ref(m_context) == 1);
    return m_context;
}

namespace {

/// The library's names of TLS 1.2 cipher suites, from their IANA names. Suites of TLS 1.3 are skipped, because they are always on.
Result<std::string> cipherList(std::string_view suites)
{
    std::string list;
    const TlsContext all{SSL_CTX_new(TLS_server_method())};
    if (all.get() == nullptr || SSL_CTX_set_cipher_list(all.get(), "ALL:COMPLEMENTOFALL:@SECLEVEL=0") != 1) {
        return Error{ErrorCode::Internal, "cipher suites cannot be listed"};
    }
    const STACK_OF(SSL_CIPHER)* known = SSL_CTX_get_ciphers(all.get());
    while (!suites.empty()) {
        const auto end = suites.find(',');
        auto name = suites.substr(0, end);
        suites = end == std::string_view::npos ? std::string_view{} : suites.substr(end + 1);
        while (name.starts_with(' ')) name.remove_prefix(1);
        while (name.ends_with(' ')) name.remove_suffix(1);
        if (name.empty()) continue;
        std::string wanted{name};
        if (wanted.ends_with("_CHACHA20_POLY1305")) wanted += "_SHA256"; // Go's short name for it
        bool isKnown = false;
        for (int at = 0; at < sk_SSL_CIPHER_num(known) && !isKnown; ++at) {
            const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(known, at);
            const char* standard = SSL_CIPHER_standard_name(cipher);
            isKnown = standard != nullptr && wanted == standard;
            const bool isTls13 = SSL_CIPHER_get_protocol_id(cipher) >> 8 == 0x13;
            if (isKnown && !isTls13) list.append(list.empty() ? "" : ":").append(SSL_CIPHER_get_name(cipher));
        }
        if (!isKnown) return Error{ErrorCode::InvalidArgument, "tls_cipher_suites: unknown suite \"" + std::string{name.substr(0, 80)} + '"'};
    }
    return list.empty() ? std::string{"ECDHE+AESGCM:ECDHE+CHACHA20"} : list;
}

} // namespace

Result<TlsContext> makeListenerTls(const Identity& identity, const ListenerTlsOptions& options)
{
    TlsContext context = newContext(TLS_server_method(), options.isTls13Only ? TLS1_3_VERSION : TLS1_2_VERSION);
    if (auto used = use(context.get(), identity); !used) return std::move(used).error();
    if (options.isTls12Max) SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    const auto ciphers = cipherList(options.cipherSuites);
    if (!ciphers) return ciphers.error();
    if (SSL_CTX_set_cipher_list(context.get(), ciphers->c_str()) != 1) {
        return Error{ErrorCode::InvalidArgument, "tls_cipher_suites: none of these can be used: " + options.cipherSuites.substr(0, 200)};
    }
    static constexpr unsigned char kSessionContext[] = "holdfast api";
    CORE_ASSERT(SSL_CTX_set_session_id_context(context.get(), kSessionContext, sizeof kSessionContext) == 1);
    if (!options.clientAuthorities.empty()) {
        if (auto trusted = trust(context.get(), options.clientAuthorities); !trusted) return std::move(trusted).error();
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | (options.isClientCertificateRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    } else if (options.isClientCertificateRequired) {
        return Error{ErrorCode::InvalidArgument, "client certificates are required, but no authority for them is given"};
    }
    SSL_CTX_set_alpn_select_cb(context.get(), selectHttp, nullptr);
    return context;
}

Result<TlsContext> makeListenerTls(const std::string& certificateFile, const std::string& keyFile, const ListenerTlsOptions& options)
{
    auto certificate = readSmallFile(certificateFile, kPemFileBytesMax);
    if (!certificate) return std::move(certificate).error();
    auto key = readSmallFile(keyFile, kPemFileBytesMax);
    if (!key) return std::move(key).error();
    const Identity identity{std::move(*certificate), SecretBytes::copyOf(*key)};
    core::wipe(*key);
    auto context = makeListenerTls(identity, options);
    if (!context) return std::move(context).error().withContext(certificateFile);
    return context;
}

/// Which context serves which protocol. Connections in their handshake share it with the server object.
struct ClusterServerTls::Protocols {
    static int select(SSL* connection, const unsigned char** out, unsigned char* outSize, const unsigned char* in, unsigned inSize, void* self)
    {
        return static_cast<Protocols*>(self)->choose(connection, out, outSize, std::span{in, inSize});
    }

    int choose(SSL* connection, const unsigned char** out, unsigned char* outSize, std::span<const unsigned char> offered)
    {
        const MutexLock lock{mutex};
        for (std::size_t at = 0; at < offered.size(); at += 1u + offered[at]) {
            if (at + 1u + offered[at] > offered.size()) break;
            const std::string_view name{reinterpret_cast<const char*>(offered.data()) + at + 1, offered[at]};
            const auto found = contexts.find(name);
            if (found == contexts.end()) continue;
            // Runs before the certificate is chosen (TLS 1.3), so this context decides what the connection shows and trusts.
            if (SSL_set_SSL_CTX(connection, found->second.get()) == nullptr) return SSL_TLSEXT_ERR_ALERT_FATAL;
            *out = offered.data() + at + 1;
            *outSize = offered[at];
            return SSL_TLSEXT_ERR_OK;
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }

    static void release(void*, void* self, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<std::shared_ptr<Protocols>*>(self); }

    Mutex mutex; // leaf lock
    std::map<std::string, TlsContext, std::less<>> contexts CORE_GUARDED_BY(mutex);
};

ClusterServerTls::ClusterServerTls() : m_protocols{std::make_shared<Protocols>()}, m_context{newContext(TLS_server_method(), TLS1_3_VERSION)}
{
    static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &Protocols::release);
    forbidResumption(m_context.get());
    rememberRefusals(m_context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
    // This callback runs only if no protocol has chosen a context; it refuses. With it OpenSSL knows that certificates will be found. Without it
    // OpenSSL would not speak TLS 1.3.
    SSL_CTX_set_cert_cb(
        m_context.get(), [](SSL*, void*) { return 0; }, nullptr);
    CORE_ASSERT(SSL_CTX_set_ex_data(m_context.get(), slot, new std::shared_ptr<Protocols>{m_protocols}) == 1);
    SSL_CTX_set_alpn_select_cb(m_context.get(), &Protocols::select, m_protocols.get());
}

ClusterServerTls::~ClusterServerTls() = default;

Result<> ClusterServerTls::setProtocol(const std::string& protocol, const Identity& identity, std::string_view authority, std::set<std::string> known)
{
    TlsContext context = newContext(TLS_server_method(), TLS1_3_VERSION);
    forbidResumption(context.get());
    if (auto used = use(context.get(), identity); !used) return std::move(used).error();
    if (auto trusted = trust(context.get(), authority); !trusted) return std::move(trusted).error();
    if (!known.empty()) pin(context.get(), std::move(known), verifyKnown);
    const MutexLock lock{m_protocols->mutex};
    m_protocols->contexts.insert_or_assign(protocol, std::move(context));
    return {};
}

Result<> ClusterServerTls::setPinnedProtocol(const std::string& protocol, const Identity& identity, std::set<std::string> fingerprints)
{
    TlsContext context = newContext(TLS_server_method(), TLS1_3_VERSION);
    forbidResumption(context.get());
    if (auto used = use(context.get(), identity); !used) return std::move(used).error();
    pin(context.get(), std::move(fingerprints));
    const MutexLock lock{m_protocols->mutex};
    m_protocols->contexts.insert_or_assign(protocol, std::move(context));
    return {};
}

void ClusterServerTls::eraseProtocol(const std::string& protocol)
{
    const MutexLock lock{m_protocols->mutex};
    m_protocols->contexts.erase(protocol);
}

Result<TlsContext> makeClusterClientTls(const Identity& identity, std::string_view authority, const std::string& protocol,
                                        const std::string& serverName)
{
    if (protocol.empty() || protocol.size() > 255 || serverName.empty()) {
        return Error{ErrorCode::InvalidArgument, "a protocol and a server name are needed"};
    }
    TlsContext context = newContext(TLS_client_method(), TLS1_3_VERSION);
    forbidResumption(context.get());
    if (auto used = use(context.get(), identity); !used) return std::move(used).error();
    if (auto trusted = trust(context.get(), authority); !trusted) return std::move(trusted).error();
    X509_VERIFY_PARAM* expected = SSL_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (X509_VERIFY_PARAM_set1_host(expected, serverName.data(), serverName.size()) != 1) {
        return opensslError(ErrorCode::InvalidArgument, "expecting a server name");
    }
    rememberRefusals(context.get(), SSL_VERIFY_PEER);
    offer(context.get(), protocol);
    return context;
}

Result<TlsContext> makePinnedClientTls(const Identity& identity, const std::string& fingerprint, const std::string& protocol)
{
    if (protocol.empty() || protocol.size() > 255 || fingerprint.empty()) {
        return Error{ErrorCode::InvalidArgument, "a protocol and a fingerprint are needed"};
    }
    TlsContext context = newContext(TLS_client_method(), TLS1_3_VERSION);
    forbidResumption(context.get());
    if (auto used = use(context.get(), identity); !used) return std::move(used).error();
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    pin(context.get(), {fingerprint});
    offer(context.get(), protocol);
    return context;
}

std::optional<CertificateInfo> peerCertificate(const ssl_st* connection)
{
    X509* raw = SSL_get0_peer_certificate(connection);
    if (raw == nullptr) return std::nullopt;
    return describe(raw);
}

std::string exportKeyingMaterial(ssl_st* connection, std::string_view label, std::size_t bytes)
{
    std::string out(bytes, '\0');
    if (SSL_version(connection) != TLS1_3_VERSION) return {};
    const int done =
        SSL_export_keying_material(connection, reinterpret_cast<unsigned char*>(out.data()), out.size(), label.data(), label.size(), nullptr, 0, 0);
    return done == 1 ? out : std::string{};
}

std::string negotiatedProtocol(const ssl_st* connection)
{
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(connection, &name, &size);
    return size == 0 ? std::string{} : std::string{reinterpret_cast<const char*>(name), size};
}

} // namespace core::crypto
