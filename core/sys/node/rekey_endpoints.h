#pragma once

#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/sys/node/node.h"
#include "core/sys/node/rekey.h"

namespace core::sys {

/// `sys/rekey/*`, and `sys/rekey-recovery-key/*` if the seal is automatic. Key shares authorise them; no token is needed.
/// Thread-safe.
class RekeyEndpoints {
public:
    RekeyEndpoints(Node& node, Rekey& rekey) : m_node{node}, m_rekey{rekey} {}

    /// True if the path is one of these; handle() then answers it.
    static bool owns(std::string_view path);
    mount::Response handle(const mount::Request& request);

private:
    mount::Response init(const mount::Request& request);
    mount::Response update(const mount::Request& request, std::string_view kind);
    mount::Response verify(const mount::Request& request);

    Node& m_node;
    Rekey& m_rekey;
};

} // namespace core::sys
