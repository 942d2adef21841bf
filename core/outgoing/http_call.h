#pragma once

#include "core/base/secret_bytes.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace core::outgoing {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// Which servers are trusted, and how this program shows who it is. TLS 1.2 or later.
struct TlsOptions {
    bool isVerified = true;
    std::string authorities{};            // PEM. Only these are trusted. Empty: those of `authorityFile`
    std::string authorityFile{};          // PEM. Only these are trusted. Empty: the system's
    std::string_view clientCertificate{}; // PEM, with `clientKey`
    std::string_view clientKey{};
    std::string clientCertificateFile{}; // PEM, with `clientKeyFile`
    std::string clientKeyFile{};
    std::string serverName{}; // the name that the certificate must have, instead of the URL's host
};

struct CallLimits {
    std::chrono::milliseconds connect{10'000};
    std::chrono::milliseconds total{60'000}; // of the whole call; 0: none
    std::chrono::seconds stalled{0};         // the call ends if it was slower than 1 KB/s for this time; 0: never
    std::size_t answerBytesMax = 1u << 20;   // of a body that is kept in memory
};

/// The keys of an AWS Signature V4. libcurl signs the call.
struct AwsSignature {
    const SecretBytes& accessKey;
    const SecretBytes& secretKey;
    std::string region;
    std::string service;
};

/// One request to another server. What it points to must live until the call has ended.
///
/// No redirect is followed, so a token never goes to a server that the caller did not name. Only http and https are spoken.
struct HttpCall {
    std::string method = "GET";
    std::string url{};
    HeaderList headers{};                                                         // none with a secret
    std::vector<std::pair<std::string_view, const SecretBytes*>> secretHeaders{}; // every copy that this module makes is wiped
    std::optional<std::string_view> body{};                                       // none: not even a length
    /// Instead of `body`: fills the buffer, and returns the number of bytes (0 at the end), or none if it cannot read. Sent in chunks, unless
    /// `uploadBytes` is given.
    std::function<std::optional<std::size_t>(char*, std::size_t)> upload{};
    std::optional<std::uint64_t> uploadBytes{};
    /// Lets the upload begin again at this offset, for a server that asks a second time. False: it cannot. None: never.
    std::function<bool(std::int64_t offset)> rewind{};
    /// Gets the body of an answer below 300 instead of HttpReply::body. False if it could not store the piece, which ends the call.
    std::function<bool(std::string_view)> download{};
    std::function<bool()> isCancelled{}; // asked several times a second; true ends the call
    TlsOptions tls{};
    CallLimits limits{};
    std::optional<std::string> proxy{""}; // URL; empty: no proxy; none: HTTP_PROXY, HTTPS_PROXY and NO_PROXY decide
    std::string unixSocket{};             // instead of the URL's host and port
    std::optional<AwsSignature> signature{};
    std::string userAgent{}; // a User-Agent in `headers` overrides it; empty: none
    bool acceptsGzip = false;
};

/// Why there is no answer.
struct CallFailure {
    enum class Kind {
        Timeout,
        NotConnected,
        UnknownHost,
        ConnectionLost, // while sending or receiving
        Cancelled,      // by isCancelled()
        NotStored,      // download() refused
        NotRead,        // upload() or rewind() failed
        TooLarge,       // more than answerBytesMax
        Tls,            // the handshake failed
        UntrustedCertificate,
        BadClientCertificate,
        BadAuthorities,
        Other,
    };
    Kind kind = Kind::Other;
    std::string text;      // what happened in general, such as "Couldn't connect to server"
    std::string detail;    // the same with particulars of this call
    long verifyResult = 0; // OpenSSL's, for UntrustedCertificate
};

/// The body of an answer. It can hold keys and tokens, so all its memory is wiped, also when it grows.
class AnswerBody {
public:
    /// False: it would be larger than `bytesMax`.
    bool append(std::string_view bytes, std::size_t bytesMax);
    std::string_view view() const { return m_bytes.view().substr(0, m_size); }

private:
    SecretBytes m_bytes; // the room
    std::size_t m_size = 0;
};

struct HttpReply {
    std::optional<CallFailure> failure; // none: the server answered, with any status
    long status = 0;
    HeaderList headers; // names in lower case
    AnswerBody body;

    /// Empty: the answer has no such header. `name` is in lower case.
    std::string header(std::string_view name) const;
};

/// Sends requests, one after the other, and keeps connections for the next ones. The only code that uses libcurl, which stays in the .cpp file.
/// Blocking; not thread-safe.
class HttpSender {
public:
    HttpSender();
    ~HttpSender();
    HttpSender(HttpSender&&) noexcept;
    HttpSender& operator=(HttpSender&&) noexcept;

    HttpReply send(const HttpCall& call);

private:
    struct Handle;
    std::unique_ptr<Handle> m_handle;
};

/// Sends all requests at the same time, and returns the replies in the same order. A call that has no answer after `time` fails with Timeout.
std::vector<HttpReply> sendAll(std::span<const HttpCall> calls, std::chrono::milliseconds time);

} // namespace core::outgoing
