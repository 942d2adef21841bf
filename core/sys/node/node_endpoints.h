#pragma once

#include "core/mount/request.h"
#include "core/mount/response.h"
#include "core/sys/node/node.h"
#include "core/sys/node/rekey_endpoints.h"
#include "core/sys/node/root_generation.h"

#include <optional>

namespace core::sys {

/// The "raw" endpoints that answer on a sealed or uninitialised node and need no token: init, seal-status, unseal, health, leader,
/// generate-root and the same for DR operation tokens, rekey (spec: system-api.md §1–§6). Thread-safe.
class NodeEndpoints {
public:
    NodeEndpoints(Node& node, RootGeneration& generation, Rekey& rekey, const Clock& clock)
        : m_node{node}
        , m_generation{generation}
        , m_rekey{node, rekey}
        , m_clock{clock}
    {}

    /// True if the path is one of these; handle() then answers it.
    static bool owns(std::string_view path);
    /// The family of the path that a configuration can close: generate-root, generate-operation-token, rekey. Empty: none of them.
    static std::string_view familyOf(std::string_view path);
    /// True for calls with key shares. They are audited, although they do not go through the pipeline.
    static bool isAudited(const mount::Request& request);
    /// True for calls that wait for the disk or do much work, which must leave the I/O thread.
    static bool isSlow(const mount::Request& request);
    mount::Response handle(const mount::Request& request);

private:
    mount::Response sealStatus() const;
    mount::Response initialize(const mount::Request& request);
    mount::Response unseal(const mount::Request& request);
    mount::Response leader() const;
    mount::Response generation(const mount::Request& request, RootGeneration::Kind kind, bool isUpdate);

    Node& m_node;
    RootGeneration& m_generation;
    RekeyEndpoints m_rekey;
    const Clock& m_clock;
};

/// Reads a key share that a person typed: hex first, then base64. Errors: InvalidArgument with the API's text.
Result<SecretBytes> decodeShare(std::string_view text);

} // namespace core::sys
