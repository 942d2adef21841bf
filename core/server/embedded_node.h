#pragma once

#include "core/server/embedded_server.h"
#include "core/server/server.h"

namespace core::server {

/// EmbeddedServer with access for code in the same process, such as the lab.
class EmbeddedNode final : public EmbeddedServer {
public:
    static Result<std::unique_ptr<EmbeddedNode>> open(Options options);

    const std::string& name() const override { return m_name; }
    const std::string& apiAddress() const override { return m_server->apiAddress(); }
    const std::string& clusterAddress() const override { return m_server->clusterAddress(); }
    const std::string& caPem() const override { return m_caPem; }
    void stop() override { m_server->stop(); }

    Server& server() { return *m_server; }

private:
    EmbeddedNode() = default;
    std::string m_name;
    std::string m_caPem;
    std::unique_ptr<Server> m_server;
};

} // namespace core::server
