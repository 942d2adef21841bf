#include "core/outgoing/transfer.h"

#include "core/base/ascii.h"
#include "core/base/origin.h"

#include <algorithm>

namespace core::outgoing {
namespace {

using Kind = CallFailure::Kind;

constexpr long kStalledBytesPerSecond = 1024;

Kind kindOf(CURLcode code)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return Kind::Timeout;
    case CURLE_COULDNT_CONNECT: return Kind::NotConnected;
    case CURLE_COULDNT_RESOLVE_HOST: return Kind::UnknownHost;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return Kind::ConnectionLost;
    case CURLE_SSL_CONNECT_ERROR: return Kind::Tls;
    case CURLE_PEER_FAILED_VERIFICATION: return Kind::UntrustedCertificate;
    case CURLE_SSL_CERTPROBLEM: return Kind::BadClientCertificate;
    case CURLE_SSL_CACERT_BADFILE: return Kind::BadAuthorities;
    default: return Kind::Other;
    }
}

} // namespace

HeaderLines::~HeaderLines()
{
    for (auto* line = m_list; line != nullptr; line = line->next) wipe(line->data, std::char_traits<char>::length(line->data));
    curl_slist_free_all(m_list);
}

void HeaderLines::add(const char* line)
{
    if (auto* list = curl_slist_append(m_list, line); list != nullptr) m_list = list;
}

Transfer::Transfer(CURL* curl, const HttpCall& call) : m_curl{curl}, m_call{call}
{
    curl_easy_reset(m_curl); // options of the call before; connections stay
    set(CURLOPT_ERRORBUFFER, m_detail.data());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PATH_AS_IS, 1L); // a signature and a server's check must see the same path
    if (!m_call.userAgent.empty()) set(CURLOPT_USERAGENT, m_call.userAgent.c_str());
    if (m_call.acceptsGzip) set(CURLOPT_ACCEPT_ENCODING, "gzip");
    setHeaders();
    setRoute();
    setBody();
    setTls();
    setLimits();
    setSignature();
    set(CURLOPT_HTTPHEADER, m_headers.get());
    set(CURLOPT_HEADERFUNCTION, &takeHeader);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &takeBody);
    set(CURLOPT_WRITEDATA, this);
}

/// The bytes must live until the end of the call.
void Transfer::setBlob(CURLoption option, std::string_view bytes)
{
    curl_blob blob{const_cast<char*>(bytes.data()), bytes.size(), CURL_BLOB_NOCOPY};
    set(option, &blob);
}

/// A PUT or POST without a body still says that its length is 0.
bool Transfer::hasBody() const
{
    return m_call.upload || m_call.body || m_call.method == "PUT" || m_call.method == "POST";
}

void Transfer::setHeaders()
{
    const auto isGiven = [this](std::string_view name) {
        return std::ranges::any_of(m_call.headers, [&](const auto& header) { return lowerCased(header.first) == name; });
    };
    for (const auto& [name, value] : m_call.headers) {
        m_headers.add((value.empty() ? name + ";" : name + ": " + value).c_str()); // curl's way to say "empty, but sent"
    }
    for (const auto& [name, value] : m_call.secretHeaders) {
        if (value == nullptr || value->empty()) continue;
        std::string line;
        line.reserve(name.size() + 2 + value->size()); // so that no copy stays behind
        line.append(name).append(": ").append(value->view());
        m_headers.add(line.c_str());
        wipe(line);
    }
    if (!hasBody()) return;
    if (!isGiven("content-type")) m_headers.add("Content-Type:"); // libcurl would add the type of a form
    if (!m_call.uploadBytes) m_headers.add("Expect:");            // only a large file is worth another round trip
}

void Transfer::setRoute()
{
    const auto& name = m_call.tls.serverName;
    std::string address = m_call.url;
    if (!name.empty() && address.starts_with("https:")) {
        // The URL gets the name of the certificate, and the connection goes to the URL's host.
        const auto origin = originOfUrl(address);
        if (!origin) {
            m_isUrlRefused = true;
            return;
        }
        const auto port = ":" + std::to_string(origin->port);
        m_route.add((name + port + ":" + origin->hostAndPort()).c_str());
        m_headers.add(("Host: " + origin->hostAndPort()).c_str());
        const auto rest = address.find_first_of("/?#", std::string_view{"https://"}.size());
        address = "https://" + name + port + (rest == std::string::npos ? "" : address.substr(rest));
        set(CURLOPT_CONNECT_TO, m_route.get());
    }
    set(CURLOPT_URL, address.c_str());
    if (m_call.proxy) {
        set(CURLOPT_PROXY, m_call.proxy->c_str());
        set(CURLOPT_NOPROXY, m_call.proxy->empty() ? "*" : "");
    }
    if (!m_call.unixSocket.empty()) set(CURLOPT_UNIX_SOCKET_PATH, m_call.unixSocket.c_str());
}

void Transfer::setBody()
{
    if (m_call.upload) {
        set(CURLOPT_UPLOAD, 1L);
        set(CURLOPT_READFUNCTION, &giveBody);
        set(CURLOPT_READDATA, this);
        set(CURLOPT_SEEKFUNCTION, &rewindBody);
        set(CURLOPT_SEEKDATA, this);
        if (m_call.uploadBytes) set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(*m_call.uploadBytes));
        else m_headers.add("Transfer-Encoding: chunked");
    } else if (hasBody()) {
        const auto body = m_call.body.value_or(std::string_view{});
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDS, body.empty() ? "" : body.data());
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    } else if (m_call.method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
    }
    set(CURLOPT_CUSTOMREQUEST, m_call.method.c_str());
}

void Transfer::setTls()
{
    const auto& tls = m_call.tls;
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, tls.isVerified ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, tls.isVerified ? 2L : 0L);
    if (!tls.authorities.empty()) setBlob(CURLOPT_CAINFO_BLOB, tls.authorities);
    else if (!tls.authorityFile.empty()) set(CURLOPT_CAINFO, tls.authorityFile.c_str());
    if (!tls.authorities.empty() || !tls.authorityFile.empty()) set(CURLOPT_CAPATH, static_cast<const char*>(nullptr)); // none of the system's
    if (!tls.clientCertificate.empty()) {
        set(CURLOPT_SSLCERTTYPE, "PEM");
        setBlob(CURLOPT_SSLCERT_BLOB, tls.clientCertificate);
        set(CURLOPT_SSLKEYTYPE, "PEM");
        setBlob(CURLOPT_SSLKEY_BLOB, tls.clientKey);
    }
    if (!tls.clientCertificateFile.empty()) set(CURLOPT_SSLCERT, tls.clientCertificateFile.c_str());
    if (!tls.clientKeyFile.empty()) set(CURLOPT_SSLKEY, tls.clientKeyFile.c_str());
}

void Transfer::setLimits()
{
    const auto& limits = m_call.limits;
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(limits.total.count()));
    if (limits.stalled.count() > 0) {
        set(CURLOPT_LOW_SPEED_LIMIT, kStalledBytesPerSecond);
        set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits.stalled.count()));
    }
    if (m_call.isCancelled) {
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &shouldEnd);
        set(CURLOPT_XFERINFODATA, this);
    }
}

/// libcurl copies both keys, and does not wipe its copies.
void Transfer::setSignature()
{
    if (!m_call.signature) return;
    const auto setSecret = [this](CURLoption option, const SecretBytes& secret) {
        std::string text{secret.view()};
        set(option, text.c_str());
        wipe(text);
    };
    set(CURLOPT_AWS_SIGV4, ("aws:amz:" + m_call.signature->region + ":" + m_call.signature->service).c_str());
    setSecret(CURLOPT_USERNAME, m_call.signature->accessKey);
    setSecret(CURLOPT_PASSWORD, m_call.signature->secretKey);
}

std::size_t Transfer::takeHeader(char* data, std::size_t size, std::size_t count, void* transfer)
{
    auto& headers = static_cast<Transfer*>(transfer)->m_reply.headers;
    const std::string_view line{data, size * count};
    if (line.starts_with("HTTP/")) headers.clear(); // drops the headers of an interim answer
    if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        headers.emplace_back(lowerCased(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    }
    return size * count;
}

std::size_t Transfer::takeBody(char* data, std::size_t size, std::size_t count, void* transfer)
{
    auto& self = *static_cast<Transfer*>(transfer);
    const std::string_view piece{data, size * count};
    long status = 0;
    curl_easy_getinfo(self.m_curl, CURLINFO_RESPONSE_CODE, &status);
    if (self.m_call.download && status < 300) {
        if (self.m_call.download(piece)) return piece.size();
        self.m_endedBy = Kind::NotStored;
        return 0;
    }
    if (self.m_reply.body.append(piece, self.m_call.limits.answerBytesMax)) return piece.size();
    self.m_endedBy = Kind::TooLarge;
    return 0;
}

std::size_t Transfer::giveBody(char* buffer, std::size_t size, std::size_t count, void* transfer)
{
    auto& self = *static_cast<Transfer*>(transfer);
    if (const auto given = self.m_call.upload(buffer, size * count)) return *given;
    self.m_endedBy = Kind::NotRead;
    return CURL_READFUNC_ABORT;
}

int Transfer::rewindBody(void* transfer, curl_off_t offset, int origin)
{
    auto& self = *static_cast<Transfer*>(transfer);
    if (origin == SEEK_SET && self.m_call.rewind && self.m_call.rewind(offset)) return CURL_SEEKFUNC_OK;
    self.m_endedBy = Kind::NotRead;
    return CURL_SEEKFUNC_FAIL;
}

int Transfer::shouldEnd(void* transfer, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    auto& self = *static_cast<Transfer*>(transfer);
    if (!self.m_call.isCancelled()) return 0;
    self.m_endedBy = Kind::Cancelled;
    return 1;
}

HttpReply Transfer::finish(CURLcode code)
{
    curl_easy_getinfo(m_curl, CURLINFO_RESPONSE_CODE, &m_reply.status);
    if (m_isUrlRefused) {
        m_reply.failure = CallFailure{.kind = Kind::Other, .text = "no URL with a host and a port", .detail = "no URL with a host and a port"};
    } else if (code != CURLE_OK) {
        CallFailure failure{.kind = m_endedBy.value_or(kindOf(code)), .text = curl_easy_strerror(code), .detail = m_detail.data()};
        if (failure.detail.empty()) failure.detail = failure.text;
        curl_easy_getinfo(m_curl, CURLINFO_SSL_VERIFYRESULT, &failure.verifyResult);
        m_reply.failure = std::move(failure);
    }
    // The handle keeps no pointer to this object or to the call.
    curl_easy_reset(m_curl);
    return std::move(m_reply);
}

} // namespace core::outgoing
