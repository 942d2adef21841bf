#pragma once

#include "core/mount/codec.h"
#include "tests/core/request/request_stack.h"

#include <atomic>

#ifndef Q_MOC_RUN // Q_MOC_RUN: moc takes the patterns in policies for the beginning of a comment
namespace testing_stack {

using mount::Response;
using policy::Operation;

/// A backend that stores `value` at the path, shared. For the first `conflictCount` writes another writer is faster. exists() keeps the row that it
/// has read for the write.
class Notebook final : public mount::Backend {
public:
    RequestStack* stack = nullptr;
    std::atomic<int> conflictCount{0};
    std::atomic<int> callCount{0};
    std::atomic<int> rowsKept{0}; // writes that found the row of exists()
    std::vector<std::string> invalidated;

    Result<Response> handle(const mount::Request& request, mount::Context& context) override
    {
        ++callCount;
        const auto& path = request.relativePath;
        if (path == "fails") return Response::badRequest("no good");
        if (path == "breaks") return Error{ErrorCode::Io, "disk on fire"};
        switch (request.operation) {
        case Operation::Read: {
            auto value = context.storage.get(path);
            if (!value) return value.error();
            return *value ? Response::ofData({{"value", **value}}) : Response{};
        }
        case Operation::Create:
        case Operation::Update: {
            if (context.rowRead) ++rowsKept;
            auto before = context.rowRead ? Result{context.rowRead->value} : context.storage.get(path);
            if (!before) return before.error();
            if (conflictCount > 0) {
                --conflictCount;
                auto transaction = stack->store->begin();
                barrier::Scope scope{transaction, stack->barrier, {}};
                check(scope.shared(context.storage.prefix()).put(path, "the other's"));
                (void)valueOf(stack->store->commitAndWait(std::move(transaction)));
            }
            if (path == "closing")
                stack->write([this](const auto& scope) { (void)valueOf(stack->mounts.disable(scope, mount::TableKind::Secrets, "more")); });
            if (path.starts_with("own/")) { // stays here
                if (auto put = context.localStorage.put(path, "1"); !put) return put.error();
                return Response{};
            }
            const auto* value = request.data.if_contains("value");
            const std::string text = value && value->is_string() ? std::string{value->as_string()} : "";
            if (auto put = context.storage.put(path, before->value_or("") + text); !put) return put.error();
            if (path == "fails-late") return Response::badRequest("no good after all");
            return Response{};
        }
        default: return Error{ErrorCode::Unsupported, "only reads and writes"};
        }
    }
    Result<std::optional<bool>> exists(const mount::Request& request, mount::Context& context) override
    {
        auto row = context.storage.get(request.relativePath);
        if (!row) return row.error();
        context.rowRead = mount::RowRead{std::move(*row)};
        return std::optional<bool>{context.rowRead->value.has_value()};
    }
    std::vector<std::string> sudoPaths() const override { return {"vault/*"}; }
    bool isOnDrSecondary(Operation operation, std::string_view path) const override { return path == "status" && operation == Operation::Read; }
    bool isSlow(const mount::Request& request) const override { return request.relativePath.starts_with("slow"); }
    void invalidate(std::string_view path) override { invalidated.emplace_back(path); }
    std::string help(std::string_view) const override { return "a notebook"; }
};

/// A login method. login/NAME logs in, unless `right` is false. The test sets what the login asks for.
class Doorman final : public mount::Backend {
public:
    mount::Auth auth;
    bool hashes = false;
    std::atomic<int> callCount{0};
    Result<Response> handle(const mount::Request& request, mount::Context&) override
    {
        ++callCount;
        if (const auto* right = request.data.if_contains("right"); right && !right->as_bool()) {
            auto refused = Response::badRequest("invalid username or password");
            refused.isWrongCredential = true;
            return refused;
        }
        Response response;
        response.auth = auth;
        return response;
    }
    bool isUnauthenticated(Operation operation, std::string_view path) const override
    {
        return path.starts_with("login/") && operation != Operation::Delete; // the only one that needs a token
    }
    bool hashesPassword(const mount::Request&) const override { return hashes; }
    std::string loginAlias(const mount::Request& request) const override { return request.relativePath.substr(6); }
};

/// The two verbs of sys/wrapping/ that these tests need, on the real services.
class SmallSys final : public mount::Backend {
public:
    RequestStack* stack = nullptr;
    Result<Response> handle(const mount::Request& request, mount::Context& context) override
    {
        if (request.relativePath == "wrapping/wrap") return Response::ofData(request.data);
        const auto* given = request.data.if_contains("token");
        const std::string token = given ? std::string{given->as_string()} : request.clientToken;
        if (request.relativePath == "wrapping/unwrap") {
            auto wrapped = stack->wrapping.unwrap(*context.system, token, context.clock.now());
            if (!wrapped) return wrapped.error();
            if (!*wrapped) return Response::badRequest(std::string{token::kInvalidWrappingToken});
            return mount::decodeResponse((*wrapped)->content);
        }
        if (request.relativePath.starts_with("of/")) { // writes to the data of the mount with that uuid
            const auto folder = "logical/" + request.relativePath.substr(3) + "/";
            if (auto put = context.system->shared(folder).put("a", "1"); !put) return put.error();
            return Response{};
        }
        return mount::Response::error(404, "");
    }
    bool isOnDrSecondary(Operation, std::string_view path) const override { return path == "replication/dr/status"; }
};

struct Fixture {
    std::shared_ptr<Notebook> notebook = std::make_shared<Notebook>();
    std::shared_ptr<Doorman> doorman = std::make_shared<Doorman>();
    std::shared_ptr<SmallSys> sys = std::make_shared<SmallSys>();
    RequestStack stack{[this](mount::BackendRegistry& registry, RequestStack& in) {
        using mount::TableKind;
        const auto always = [](auto backend) { return [backend](const mount::MountEntry&) { return backend; }; };
        notebook->stack = &in;
        sys->stack = &in;
        registry.add(TableKind::Secrets, "notebook", {.make = always(notebook)});
        registry.add(TableKind::Secrets, "system", {.make = always(sys), .isMountable = false});
        registry.add(TableKind::Auth, "doorman", {.make = always(doorman)});
        registry.add(TableKind::Auth, "userpass", {.make = always(doorman)}); // a type whose logins are counted
        registry.add(TableKind::Secrets, "cubbyhole", {.make = always(notebook), .isMountable = false});
        registry.add(TableKind::Auth, "token", {.make = always(notebook), .isMountable = false});
    }};

    Fixture()
    {
        stack.mount(mount::TableKind::Secrets, "notes", "notebook");
        stack.mount(mount::TableKind::Auth, "door", "doorman");
        stack.mount(mount::TableKind::Auth, "people", "userpass");
        stack.policy("reader", R"(path "notes/*" { capabilities = ["read"] })");
        stack.policy("writer", R"(path "notes/*" { capabilities = ["read","update","create"] })");
        stack.policy("creator", R"(path "notes/*" { capabilities = ["read","create"] })");
    }
    std::string token(const char* policy, std::int64_t uses = 0)
    {
        return stack
            .makeToken([&](auto& draft) {
                draft.policies = {policy};
                draft.usesLeft = uses;
            })
            .id;
    }
    Response write(const std::string& path, const std::string& value, const std::string& as = {})
    {
        return stack.update("notes/" + path, {{"value", value}}, as);
    }
    QString value(const std::string& path)
    {
        const auto response = stack.read("notes/" + path);
        return response.data ? QString::fromUtf8(response.data->at("value").as_string().c_str()) : QString{};
    }
};

inline QString firstError(const Response& response)
{
    return response.errors.empty() ? QString{} : QString::fromStdString(response.errors.front());
}

} // namespace testing_stack
#endif
