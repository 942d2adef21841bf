#pragma once

#include "core/base/result.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace core::http {

/// The header lines that a listener adds to every reply: its own two, and those of custom_response_headers, by status.
class ReplyHeaders {
public:
    ReplyHeaders();

    /// `statuses` is "default", a class such as "2xx", or one status such as "404"; of a name that several of them give, the most
    /// specific one counts. Several values become one line, with "; " between. Errors: InvalidArgument (statuses; a name that is no
    /// token, that frames the message, or begins with X-Vault-; a value with control characters).
    Result<> add(std::string_view statuses, std::string_view name, const std::vector<std::string>& values);

    /// "Name: value\r\n" for each header of a reply with this status.
    const std::string& linesFor(int status) const;

private:
    struct Header {
        std::string name;
        std::string value;
    };
    std::string compose(int status) const;

    std::map<std::string, std::vector<Header>, std::less<>> m_custom; // by statuses as configured
    std::string m_plain;                                              // if nothing is custom
    std::vector<std::string> m_lines;                                 // from status 100 on; empty if nothing is custom
};

} // namespace core::http
