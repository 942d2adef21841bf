#include "core/server/lab.h"

#include "core/base/encoding.h"
#include "core/base/temporary_file.h"
#include "core/crypto/otp.h"
#include "core/server/embedded_node.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <cstdlib>
#include <fstream>
#include <thread>

namespace core::server {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using policy::Operation;

constexpr std::chrono::seconds kSyncTimeout{60};
constexpr std::chrono::milliseconds kPause{20};

Error failed(const std::string& path, const mount::Response& response)
{
    return Error{ErrorCode::Internal, path + ": " + (response.errors.empty() ? std::to_string(response.status) : response.errors.front())};
}

/// The lab's access to one of its clusters: requests as from a client, but without a connection.
class LabClient {
public:
    explicit LabClient(EmbeddedNode& node) : m_node{node} {}

    Result<mount::Response> call(Operation operation, const std::string& path, json::object data = {}, std::string_view token = {})
    {
        mount::Request request;
        request.operation = operation;
        request.path = path;
        request.data = std::move(data);
        request.clientToken = token;
        request.remoteAddress = "127.0.0.1";
        auto response = m_node.server().request(std::move(request));
        if (response.isError) return failed(path, response);
        return response;
    }

    Result<json::object> raw(Operation operation, const std::string& path, json::object data = {})
    {
        auto response = call(operation, path, std::move(data));
        if (!response) return std::move(response).error();
        json::error_code error;
        auto value = json::parse(response->rawBody, error);
        if (error || !value.is_object()) return Error{ErrorCode::Internal, path + ": no JSON object"};
        return std::move(value.as_object());
    }

    /// sys/replication/<type>/status
    Result<json::object> replication(const std::string& type)
    {
        auto response = call(Operation::Read, "sys/replication/" + type + "/status");
        if (!response) return std::move(response).error();
        return response->data.value_or(json::object{});
    }

private:
    EmbeddedNode& m_node;
};

std::string textOf(const json::object& object, const char* name)
{
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

class LabOfThree final : public Lab {
public:
    explicit LabOfThree(Options options) : m_options{std::move(options)} {}
    ~LabOfThree() override { stop(); }

    const std::vector<LabCluster>& clusters() const override { return m_clusters; }

    void stop() override
    {
        // Secondaries first, so that none of them loses its link.
        for (auto node = m_nodes.rbegin(); node != m_nodes.rend(); ++node) (*node)->stop();
        m_nodes.clear();
        m_temporary = {};
    }

    Result<> build()
    {
        struct Wanted {
            const char* name;
            const char* role;
        };
        constexpr Wanted wanted[] = {{"lab-primary", "primary"}, {"lab-perf", "performance-secondary"}, {"lab-dr", "dr-secondary"}};
        if (auto made = makeDirectory(); !made) return made;
        std::uint16_t port = m_options.firstPort;
        for (const auto& [name, role] : wanted) {
            say(std::string{"starting "} + name);
            EmbeddedServer::Options options;
            options.name = name;
            if (!m_options.directory.empty()) options.directory = m_options.directory / name;
            if (port != 0) {
                options.apiListen = "127.0.0.1:" + std::to_string(port);
                options.clusterListen = "127.0.0.1:" + std::to_string(port + 1);
                port = static_cast<std::uint16_t>(port + 10);
            }
            auto node = EmbeddedNode::open(std::move(options));
            if (!node) return std::move(node).error().withContext(name);
            m_nodes.push_back(std::move(*node));
            if (auto added = addCluster(*m_nodes.back(), role); !added) return std::move(added).error().withContext(name);
        }
        if (auto done = mountSecrets(); !done) return done;
        if (auto done = connect(1, "performance"); !done) return done;
        if (auto done = connect(2, "dr"); !done) return done;
        return makeRootOfSecondary();
    }

private:
    void say(const std::string& line) const
    {
        if (m_options.progress) m_options.progress(line);
    }

    Result<> makeDirectory()
    {
        auto made = TemporaryFolder::create(fs::temp_directory_path() / "holdfast-lab-");
        if (!made) return std::move(made).error();
        m_temporary = std::move(*made);
        std::error_code failure;
        if (!m_options.directory.empty() && fs::exists(m_options.directory / "lab-primary" / "data", failure)) {
            return Error{ErrorCode::AlreadyExists, m_options.directory.string() + " holds a lab already: remove it, or give another directory"};
        }
        return {};
    }

    Result<> addCluster(EmbeddedNode& node, const char* role)
    {
        LabCluster cluster;
        cluster.name = node.name();
        cluster.role = role;
        cluster.apiAddress = node.apiAddress();
        cluster.clusterAddress = node.clusterAddress();
        cluster.caPem = node.caPem();
        const auto folder = m_options.directory.empty() ? m_temporary.path() : m_options.directory;
        cluster.caFile = (folder / "lab.ca.pem").string(); // one file for all three, because a client follows links from one to the next
        if (!(std::ofstream{cluster.caFile, std::ios::app} << cluster.caPem)) {
            return Error{ErrorCode::Io, "cannot write " + cluster.caFile};
        }

        LabClient client{node};
        auto made = client.raw(Operation::Update, "sys/init", {{"secret_shares", 3}, {"secret_threshold", 2}});
        if (!made) return std::move(made).error();
        for (const auto& key : made->at("keys_base64").as_array()) {
            cluster.unsealKeys.push_back(SecretBytes::copyOf(std::string_view{key.as_string()}));
        }
        cluster.rootToken = SecretBytes::copyOf(std::string_view{made->at("root_token").as_string()});
        for (int at = 0; at < 2; ++at) {
            auto unsealed = client.raw(Operation::Update, "sys/unseal", {{"key", cluster.unsealKeys[static_cast<std::size_t>(at)].view()}});
            if (!unsealed) return std::move(unsealed).error();
        }
        m_clusters.push_back(std::move(cluster));
        return {};
    }

    Result<> mountSecrets()
    {
        LabClient primary{*m_nodes[0]};
        auto mounted = primary.call(Operation::Update, "sys/mounts/secret",
                                    {{"type", "kv"}, {"options", json::object{{"version", "2"}}}, {"description", "key/value secret storage"}},
                                    m_clusters[0].rootToken.view());
        if (!mounted) return std::move(mounted).error();
        return {};
    }

    Result<> connect(std::size_t which, const std::string& type)
    {
        say("connecting " + m_clusters[which].name + " (" + type + ")");
        LabClient primary{*m_nodes[0]}, secondary{*m_nodes[which]};
        const auto root = m_clusters[0].rootToken.view();
        const std::string path = "sys/replication/" + type;
        if (auto enabled = primary.call(Operation::Update, path + "/primary/enable", {}, root); !enabled) {
            return std::move(enabled).error();
        }
        auto token = primary.call(Operation::Update, path + "/primary/secondary-token", {{"id", m_clusters[which].name}}, root);
        if (!token) return std::move(token).error();
        if (!token->wrap) return Error{ErrorCode::Internal, "the secondary token is not wrapped"};
        auto activated = secondary.call(Operation::Update, path + "/secondary/enable",
                                        {{"token", token->wrap->token}, {"ca_file", m_clusters[0].caFile}}, m_clusters[which].rootToken.view());
        if (!activated) return std::move(activated).error();
        auto& cluster = m_clusters[which];
        cluster.rootToken = SecretBytes{};
        cluster.unsealKeys.clear();
        for (const auto& key : m_clusters[0].unsealKeys) cluster.unsealKeys.push_back(key.clone());
        say("waiting for " + cluster.name + " to be in sync");
        return waitInSync(primary, secondary, type);
    }

    Result<> waitInSync(LabClient& primary, LabClient& secondary, const std::string& type)
    {
        const auto deadline = std::chrono::steady_clock::now() + kSyncTimeout;
        while (std::chrono::steady_clock::now() < deadline) {
            const auto left = primary.replication(type);
            const auto right = secondary.replication(type);
            if (left && right && textOf(*left, "mode") == "primary" && textOf(*right, "mode") == "secondary" &&
                textOf(*right, "state") == "stream-wals" && textOf(*left, "merkle_root") == textOf(*right, "merkle_root")) {
                return {};
            }
            std::this_thread::sleep_for(kPause); // a link sends no events, so its state is polled, as by a client
        }
        return Error{ErrorCode::Timeout, "the lab's clusters did not get in sync"};
    }

    /// A performance secondary has tokens of its own. Its root token is made from the primary's key shares.
    Result<> makeRootOfSecondary()
    {
        auto& cluster = m_clusters[1];
        LabClient client{*m_nodes[1]};
        m_nodes[1]->server().node().waitUntilSettled();
        auto started = client.raw(Operation::Update, "sys/generate-root/attempt");
        if (!started) return std::move(started).error();
        json::object status;
        for (std::size_t at = 0; at < 2; ++at) {
            auto given = client.raw(Operation::Update, "sys/generate-root/update",
                                    {{"key", cluster.unsealKeys[at].view()}, {"nonce", textOf(*started, "nonce")}});
            if (!given) return std::move(given).error();
            status = std::move(*given);
        }
        auto token = crypto::decodeWithOtp(textOf(status, "encoded_token"), textOf(*started, "otp"));
        if (!token) return std::move(token).error();
        cluster.rootToken = SecretBytes::copyOf(std::string_view{*token});
        wipe(*token);
        return {};
    }

    const Options m_options;
    TemporaryFolder m_temporary;
    std::vector<std::unique_ptr<EmbeddedNode>> m_nodes;
    std::vector<LabCluster> m_clusters;
};

} // namespace

Result<std::unique_ptr<Lab>> Lab::start(Options options)
{
    auto lab = std::make_unique<LabOfThree>(std::move(options));
    if (auto built = lab->build(); !built) return std::move(built).error().withContext("starting the lab");
    return std::unique_ptr<Lab>{std::move(lab)};
}

} // namespace core::server
