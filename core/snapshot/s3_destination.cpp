#include "core/snapshot/s3_destination.h"

#include "core/base/encoding.h"
#include "core/crypto/digest.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>

namespace core::snapshot {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kAnswerBytesMax = 4u << 20;
constexpr int kAttempts = 3;
constexpr std::size_t kPagesMax = 1000; // of a list, with 1,000 objects each

using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

File openFile(const fs::path& path, const char* mode)
{
    return {std::fopen(path.c_str(), mode), &std::fclose};
}

std::string environment(const char* name)
{
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

/// The checksum of a file, in the form that a signature needs.
Result<std::pair<std::string, std::uint64_t>> digestOf(const fs::path& path)
{
    const auto file = openFile(path, "rb");
    if (!file) return Error{ErrorCode::Io, "cannot read " + path.string()};
    crypto::Sha256 hash;
    std::uint64_t bytes = 0;
    std::string buffer(1u << 18, '\0');
    while (const auto count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
        hash.update({buffer.data(), count});
        bytes += count;
    }
    if (std::ferror(file.get()) != 0) return Error{ErrorCode::Io, "cannot read " + path.string()};
    const auto digest = hash.finish();
    return std::pair{toHex(crypto::viewOf(digest)), bytes};
}

bool mayPass(long status)
{
    return status == 429 || status >= 500;
}

ErrorCode codeOf(long status)
{
    if (status == 401 || status == 403) return ErrorCode::PermissionDenied;
    if (status == 404) return ErrorCode::NotFound;
    return mayPass(status) ? ErrorCode::Unavailable : ErrorCode::Io;
}

/// The data of curl's callbacks.
struct Exchange {
    std::string* body = nullptr;
    std::FILE* upload = nullptr;
    std::FILE* download = nullptr;
    bool isWriteFailed = false;
    std::uint64_t downloadLeft = 0; // bytes that can still come
    bool isTooLarge = false;
    CURL* curl = nullptr;
    const Cancellation* cancellation = nullptr;
};

std::size_t takeAnswer(char* data, std::size_t size, std::size_t count, void* to)
{
    auto& exchange = *static_cast<Exchange*>(to);
    const std::size_t bytes = size * count;
    long status = 0;
    curl_easy_getinfo(exchange.curl, CURLINFO_RESPONSE_CODE, &status);
    if (exchange.download != nullptr && status >= 200 && status < 300) {
        exchange.isTooLarge = bytes > exchange.downloadLeft;
        if (exchange.isTooLarge) return 0;
        exchange.downloadLeft -= bytes;
        exchange.isWriteFailed = std::fwrite(data, 1, bytes, exchange.download) != bytes;
        return exchange.isWriteFailed ? 0 : bytes;
    }
    if (exchange.body->size() + bytes > kAnswerBytesMax) return 0;
    exchange.body->append(data, bytes);
    return bytes;
}

std::size_t giveFile(char* data, std::size_t size, std::size_t count, void* from)
{
    auto& exchange = *static_cast<Exchange*>(from);
    const auto given = std::fread(data, 1, size * count, exchange.upload);
    return std::ferror(exchange.upload) != 0 ? CURL_READFUNC_ABORT : given;
}

int rewindFile(void* from, curl_off_t offset, int origin)
{
    return ::fseeko(static_cast<Exchange*>(from)->upload, offset, origin) == 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

int goOn(void* from, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return static_cast<Exchange*>(from)->cancellation->isCancelled() ? 1 : 0;
}

} // namespace

struct S3Destination::Call {
    const char* method = "GET";
    std::string what; // "writing a.snap"
    std::string key;
    std::string query; // encoded, sorted
    fs::path upload, download;
    std::string digest; // of the upload
    std::uint64_t uploadBytes = 0, downloadBytesMax = 0;
    std::vector<std::string> headers;
};

S3Options S3Options::clone() const
{
    return {bucket,
            region,
            prefix,
            endpoint,
            isTlsDisabled,
            isPathStyle,
            usesServerSideEncryption,
            usesKms,
            kmsKey,
            caFile,
            accessKeyId.clone(),
            secretAccessKey.clone(),
            sessionToken.clone()};
}

std::optional<std::string> S3Options::complaint() const
{
    const auto isPlain = [](std::string_view text, std::string_view more) {
        return std::ranges::all_of(text, [&](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
        });
    };
    if (bucket.empty()) return "aws_s3_bucket must be given for storage_type \"aws-s3\"";
    if (region.empty()) return "aws_s3_region must be given for storage_type \"aws-s3\"";
    if (!isPlain(bucket, "-._") || bucket.size() > 255) return "invalid aws_s3_bucket";
    if (!isPlain(region, "-") || region.size() > 64) return "invalid aws_s3_region";
    if (!isPlain(endpoint, "-._:/[]") || endpoint.size() > 512) return "invalid aws_s3_endpoint";
    const auto hasControl = [](std::string_view text) {
        return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    };
    if (hasControl(kmsKey)) return "invalid aws_s3_kms_key";
    if (hasControl(prefix) || prefix.size() > 512) return "invalid path_prefix";
    if (hasControl(accessKeyId.view()) || hasControl(secretAccessKey.view()) || hasControl(sessionToken.view())) {
        return "a credential holds a control character";
    }
    if (accessKeyId.empty() != secretAccessKey.empty()) {
        return "aws_access_key_id and aws_secret_access_key must be given together";
    }
    if (!kmsKey.empty() && !usesKms) return "aws_s3_kms_key needs aws_s3_enable_kms";
    return std::nullopt;
}

S3Destination::S3Destination(S3Options options, const Cancellation& cancellation, Timeouts timeouts)
    : m_options{std::move(options)}
    , m_cancellation{cancellation}
    , m_timeouts{timeouts}
{
    static std::once_flag isReady;
    std::call_once(isReady, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

std::string S3Destination::keyOf(std::string_view name) const
{
    return m_options.prefix.empty() ? std::string{name} : m_options.prefix + "/" + std::string{name};
}

std::string S3Destination::base() const
{
    std::string scheme = m_options.isTlsDisabled ? "http" : "https";
    std::string host = m_options.endpoint.empty() ? "s3." + m_options.region + ".amazonaws.com" : m_options.endpoint;
    if (const auto at = host.find("://"); at != std::string::npos) {
        if (!m_options.isTlsDisabled) scheme = host.substr(0, at);
        host.erase(0, at + 3);
    }
    while (host.ends_with('/')) host.pop_back();
    // A name with dots does not match the certificate of *.s3.…, and an IP address cannot have a name before it.
    const bool isAddress = host.find_first_not_of("0123456789.:") == std::string::npos || host.starts_with('[');
    if (m_options.isPathStyle || isAddress || m_options.bucket.find('.') != std::string::npos) {
        return scheme + "://" + host + "/" + m_options.bucket;
    }
    return scheme + "://" + m_options.bucket + "." + host;
}

std::string S3Destination::url(const std::string& name) const
{
    return base() + "/" + encodeS3(keyOf(name), true);
}

Result<S3Destination::Answer> S3Destination::attempt(const Call& call) const
{
    const auto given = [](const SecretBytes& own, const char* name) {
        std::string fromOutside = own.empty() ? environment(name) : std::string{};
        auto out = own.empty() ? SecretBytes::copyOf(std::string_view{fromOutside}) : own.clone();
        wipe(fromOutside);
        return out;
    };
    const bool isStatic = !m_options.accessKeyId.empty();
    const auto accessKey = given(m_options.accessKeyId, "AWS_ACCESS_KEY_ID");
    const auto secretKey = given(m_options.secretAccessKey, "AWS_SECRET_ACCESS_KEY");
    const auto sessionToken = isStatic ? m_options.sessionToken.clone() : given(m_options.sessionToken, "AWS_SESSION_TOKEN");
    if (accessKey.empty() || secretKey.empty()) {
        return Error{ErrorCode::PermissionDenied, "no AWS credentials: neither in the configuration nor in the environment"};
    }
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), curl_easy_cleanup};
    if (!curl) return Error{ErrorCode::Internal, "no HTTP client"};
    auto file = openFile(call.upload.empty() ? call.download : call.upload, call.upload.empty() ? "wbe" : "rbe");
    const bool hasFile = !call.upload.empty() || !call.download.empty();
    if (hasFile && !file) return Error{ErrorCode::Io, "cannot open " + (call.upload.empty() ? call.download : call.upload).string()};

    Answer answer;
    Exchange exchange{&answer.body,
                      call.upload.empty() ? nullptr : file.get(),
                      call.download.empty() ? nullptr : file.get(),
                      false,
                      call.downloadBytesMax,
                      false,
                      curl.get(),
                      &m_cancellation};
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{nullptr, curl_slist_free_all};
    const auto addHeader = [&](const std::string& line) { headers.reset(curl_slist_append(headers.release(), line.c_str())); };
    // Given, so that curl signs the body's own digest instead of "unsigned".
    addHeader("x-amz-content-sha256: " + (call.upload.empty() ? crypto::sha256Hex({}) : call.digest));
    for (const auto& header : call.headers) addHeader(header);
    std::string tokenHeader;
    if (!sessionToken.empty()) {
        tokenHeader = "x-amz-security-token: " + std::string{sessionToken.view()};
        addHeader(tokenHeader);
    }
    wipe(tokenHeader);

    const auto set = [&](auto option, auto value) { curl_easy_setopt(curl.get(), option, value); };
    const auto url = base() + (call.key.empty() ? "" : "/" + encodeS3(call.key, true)) + (call.query.empty() ? "" : "?" + call.query);
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_AWS_SIGV4, ("aws:amz:" + m_options.region + ":s3").c_str());
    set(CURLOPT_USERNAME, std::string{accessKey.view()}.c_str());
    std::string secret{secretKey.view()};
    set(CURLOPT_PASSWORD, secret.c_str());
    wipe(secret);
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_CUSTOMREQUEST, call.method);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(m_timeouts.connect.count()));
    set(CURLOPT_TIMEOUT, static_cast<long>((hasFile ? m_timeouts.transfer : m_timeouts.answer).count()));
    set(CURLOPT_LOW_SPEED_LIMIT, 1024L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(m_timeouts.stalled.count()));
    set(CURLOPT_WRITEFUNCTION, &takeAnswer);
    set(CURLOPT_WRITEDATA, &exchange);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &goOn);
    set(CURLOPT_XFERINFODATA, &exchange);
    if (!m_options.caFile.empty()) set(CURLOPT_CAINFO, m_options.caFile.c_str());
    if (!call.upload.empty()) {
        set(CURLOPT_UPLOAD, 1L);
        set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(call.uploadBytes));
        set(CURLOPT_READFUNCTION, &giveFile);
        set(CURLOPT_READDATA, &exchange);
        set(CURLOPT_SEEKFUNCTION, &rewindFile);
        set(CURLOPT_SEEKDATA, &exchange);
    }
    std::array<char, CURL_ERROR_SIZE> text{};
    set(CURLOPT_ERRORBUFFER, text.data());

    const CURLcode code = curl_easy_perform(curl.get());
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    bool isFileGood = !exchange.isWriteFailed;
    if (!call.download.empty()) isFileGood = std::fclose(file.release()) == 0 && isFileGood;
    if (code == CURLE_ABORTED_BY_CALLBACK) return Error{ErrorCode::Cancelled, "the server is stopping"};
    if (exchange.isTooLarge) return tooLarge(base() + "/" + encodeS3(call.key, true), call.downloadBytesMax);
    if (!isFileGood) return Error{ErrorCode::NoSpace, "cannot write " + call.download.string()};
    if (code == CURLE_OK) return answer;
    const std::string why = text[0] != '\0' ? text.data() : curl_easy_strerror(code);
    const auto kind = code == CURLE_OPERATION_TIMEDOUT         ? ErrorCode::Timeout
                      : code == CURLE_PEER_FAILED_VERIFICATION ? ErrorCode::PermissionDenied
                      : code == CURLE_SSL_CACERT_BADFILE       ? ErrorCode::InvalidArgument
                                                               : ErrorCode::Unavailable;
    return Error{kind, base() + ": " + why};
}

Result<S3Destination::Answer> S3Destination::perform(const Call& call) const
{
    auto wait = m_timeouts.retryPause;
    for (int count = 1;; ++count, wait *= 2) {
        auto answer = attempt(call);
        if (answer && answer->status >= 200 && answer->status < 300) return answer;
        const bool isWorthAnother =
            answer ? mayPass(answer->status) : answer.error().code == ErrorCode::Unavailable || answer.error().code == ErrorCode::Timeout;
        if (isWorthAnother && count < kAttempts && m_cancellation.pause(wait)) continue;
        const auto tries = count > 1 ? " (after " + std::to_string(count) + " attempts)" : "";
        if (!answer) return Error{answer.error().code, call.what + ": " + answer.error().detail + tries};
        const auto told = parseS3Error(answer->body);
        return Error{codeOf(answer->status),
                     call.what + ": " + base() + " answered " + std::to_string(answer->status) + (told.empty() ? "" : " " + told) + tries};
    }
}

Result<std::vector<Destination::File>> S3Destination::list(std::string_view prefix)
{
    std::vector<Destination::File> found;
    const auto whole = keyOf(prefix);
    const std::size_t folder = whole.size() - prefix.size();
    std::string continuation;
    for (std::size_t page = 0; page < kPagesMax; ++page) {
        Call call;
        call.what = "listing the snapshots";
        call.query = (continuation.empty() ? "" : "continuation-token=" + encodeS3(continuation, false) + "&") +
                     "list-type=2&prefix=" + encodeS3(whole, false);
        auto answer = perform(call);
        if (!answer) return std::move(answer).error();
        auto listing = parseS3Listing(answer->body);
        if (!listing) return std::move(listing).error();
        for (auto& object : listing->objects) {
            if (!object.name.starts_with(whole) || object.name.find('/', folder) != std::string::npos) continue;
            object.name.erase(0, folder);
            found.push_back(std::move(object));
        }
        continuation = std::move(listing->continuation);
        if (continuation.empty()) {
            std::ranges::sort(found, {}, &Destination::File::name);
            return found;
        }
    }
    return Error{ErrorCode::TooLarge, "the bucket holds more objects of this prefix than can be listed"};
}

Result<> S3Destination::put(const fs::path& file, const std::string& name)
{
    auto digest = digestOf(file);
    if (!digest) return std::move(digest).error();
    Call call;
    call.method = "PUT";
    call.what = "writing " + name;
    call.key = keyOf(name);
    call.upload = file;
    call.digest = std::move(digest->first);
    call.uploadBytes = digest->second;
    call.headers.emplace_back("Content-Type: application/gzip");
    if (m_options.usesKms) {
        call.headers.emplace_back("x-amz-server-side-encryption: aws:kms");
        if (!m_options.kmsKey.empty()) call.headers.push_back("x-amz-server-side-encryption-aws-kms-key-id: " + m_options.kmsKey);
    } else if (m_options.usesServerSideEncryption) {
        call.headers.emplace_back("x-amz-server-side-encryption: AES256");
    }
    auto done = perform(call);
    if (!done) return std::move(done).error();
    return {};
}

Result<> S3Destination::get(const std::string& name, const fs::path& file, std::uint64_t bytesMax)
{
    Call call;
    call.what = "reading " + name;
    call.key = keyOf(name);
    call.download = file;
    call.downloadBytesMax = bytesMax;
    auto done = perform(call);
    if (done) return {};
    std::error_code ignored;
    fs::remove(file, ignored);
    return std::move(done).error();
}

Result<> S3Destination::remove(const std::string& name)
{
    Call call;
    call.method = "DELETE";
    call.what = "removing " + name;
    call.key = keyOf(name);
    auto done = perform(call);
    if (!done && done.error().code != ErrorCode::NotFound) return std::move(done).error();
    return {};
}

} // namespace core::snapshot
