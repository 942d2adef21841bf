#pragma once

#include "tests/core/backend_fixture.h"

#ifndef Q_MOC_RUN
#include "core/engine/kv/kv_v1_backend.h"
#include "core/engine/kv/kv_v2_backend.h"
#include "core/lease/lease_index.h"
#include "core/sys/routes/handlers.h"
#include "core/sys/sys_backend.h"
#endif

namespace testing_sys {

using namespace core;
using namespace core::sys;
using namespace testing_backend;
using policy::Operation;

/// sys/ with everything below it, put together as in the server.
struct RequestStack {
    RequestStack()
        : fixture{mountOf("sys/", "system")}
        , router{registry, {}}
        , mounts{registry, router, fixture.random, fixture.clock}
        , tokens{fixture.random}
        , wrapping{tokens, [] { return std::string{"https://here:8200"}; }}
        , audit{fixture.random, fixture.clock}
        , leases{fixture.store(), fixture.barrier(), tokens, fixture.clock}
    {
        const auto makeKv = [](const mount::MountEntry& entry) -> std::shared_ptr<mount::Backend> {
            const auto version = entry.options.find("version");
            if (version != entry.options.end() && version->second == "2") return std::make_shared<engine::KvV2Backend>();
            return std::make_shared<engine::KvV1Backend>();
        };
        const auto makePlain = [](const mount::MountEntry&) -> std::shared_ptr<mount::Backend> { return std::make_shared<engine::KvV1Backend>(); };
        registry.add(mount::TableKind::Secrets, "kv", {.make = makeKv, .isMountable = true, .hasVersions = true});
        registry.add(mount::TableKind::Secrets, "cubbyhole", {.make = makePlain, .isMountable = false, .hasVersions = false});
        registry.add(mount::TableKind::Auth, "userpass", {.make = makePlain, .isMountable = true, .hasVersions = false});
        lease::indexTokenLeases(tokens);
        addMountRoutes(sys.routes(), mounts, router, leases);
        addPolicyRoutes(sys.routes(), policies);
        addPasswordPolicyRoutes(sys.routes());
        addCapabilityRoutes(sys.routes(), rights, tokens);
        addInternalUiRoutes(sys.routes(), rights, router);
        addWrappingRoutes(sys.routes(), wrapping);
        addLeaseRoutes(sys.routes(), tokens, leases);
        addAuditRoutes(sys.routes(), audit);
        addToolRoutes(sys.routes());
        addLicenseRoutes(sys.routes());
        const auto begun = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            if (auto done = mounts.ensureDefaults(*context.system); !done) return done.error();
            if (auto done = policies.initialize(*context.system); !done) return done.error();
            if (auto done = lease::markComplete(*context.system); !done) return done.error();
            auto root = tokens.createRoot(*context.system, fixture.clock.now());
            if (!root) return root.error();
            fixture.token = std::make_shared<token::TokenEntry>(*root);
            return mount::Response{};
        });
        if (!begun) qFatal("init: %s", toString(begun.error()).c_str());
        reload();
    }

    /// The steps of the pipeline after a commit.
    void reload()
    {
        policies.invalidate();
        tokens.forgetAll();
        const auto done = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            if (auto loaded = mounts.reload(*context.system); !loaded) return loaded.error();
            if (auto loaded = audit.reload(*context.system); !loaded) return loaded.error();
            return mount::Response{};
        });
        if (!done) qFatal("reload: %s", toString(done.error()).c_str());
    }

    mount::Response ask(Operation operation, const std::string& path, const std::string& body = {})
    {
        auto response = fixture.ask(sys, {operation, path, body});
        reload();
        return response;
    }
    mount::Response read(const std::string& path) { return ask(Operation::Read, path); }
    mount::Response write(const std::string& path, const std::string& body = {}) { return ask(Operation::Update, path, body); }

    token::TokenEntry makeToken(const std::vector<std::string>& names, const std::string& path = "auth/token/create")
    {
        token::TokenEntry draft;
        draft.policies = names;
        draft.path = path;
        draft.createdAt = fixture.clock.now();
        draft.issuedAt = draft.createdAt;
        draft.expiresAt = draft.createdAt + std::chrono::hours{1};
        const auto made = fixture.inTransaction([&](mount::Context& context) -> Result<mount::Response> {
            auto entry = tokens.create(*context.system, draft);
            if (!entry) return entry.error();
            draft = *entry;
            return mount::Response{};
        });
        if (!made) qFatal("token: %s", toString(made.error()).c_str());
        tokens.forgetAll();
        return draft;
    }
    void become(const token::TokenEntry& token) { fixture.token = std::make_shared<token::TokenEntry>(token); }

    Fixture fixture;
    mount::BackendRegistry registry;
    mount::Router router;
    mount::MountTable mounts;
    policy::PolicyStore policies;
    identity::Directory directory;
    identity::Rights rights{policies, directory};
    token::TokenStore tokens;
    token::Wrapping wrapping;
    audit::Broker audit;
    lease::LeaseManager leases;
    SysBackend sys;
};

} // namespace testing_sys
