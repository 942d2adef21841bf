#pragma once

#include "core/mount/json_body.h"
#include "core/mount/request.h"
#include "core/mount/response.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::http {

/// The parts of an HTTP request that the API reads; header names in lower case.
struct Message {
    std::string method;
    std::string target; // in origin form: "/v1/secret/data/a?version=2"
    std::vector<mount::Header> headers;
    std::string body;
    std::string bodyFile; // instead of `body`, for uploads that go to a file
    std::string remoteAddress;
    std::uint16_t remotePort = 0;

    std::string_view header(std::string_view name) const;
    /// The client's token, from X-Vault-Token or else from the bearer header. Empty if there is none.
    std::string_view token() const;
};

/// A reply: a status and a JSON body, or a file.
struct Reply {
    int status = 200;
    std::string body;
    std::string contentType = "application/json";
    std::string file;                            // sent instead of `body`, then deleted
    std::shared_ptr<mount::AnswerStream> stream; // sent instead, until the client leaves
    std::vector<mount::Header> headers;
};

/// Limits on what a message may hold; sizes in bytes.
struct Limits {
    std::uint64_t bodyBytesMax = 33'554'432;
    std::size_t headerBytesMax = 64 * 1024;
    std::size_t headerCountMax = 128;
    mount::JsonLimits json; // of JSON, forms and queries
};

/// Converts a message into a logical request, or into the reply that refuses it (spec: conventions.md §3).
struct Decoded {
    mount::Request request;
    std::optional<Reply> refusal;
    bool isHead = false;
    std::size_t tokenCount = 0; // of the body's JSON: its values cost memory in addition to the text
};
Decoded decode(Message&& message, const Limits& limits);

/// Converts an answer into the envelope (spec: conventions.md §1, §2).
Reply encode(const mount::Request& request, mount::Response&& response);

/// The body that is sent for an answer with content, without the line end.
std::string envelopeOf(const mount::Request& request, const mount::Response& response);

/// `{"errors":[…]}`
Reply errorReply(int status, std::initializer_list<std::string_view> errors);

/// True for the paths (below /v1/) whose uploads go to a file. These have a size limit of their own.
bool isUpload(std::string_view method, std::string_view target);
/// The path of such a request, without "/v1/" and query.
std::string_view uploadPath(std::string_view target);

} // namespace core::http
