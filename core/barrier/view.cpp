#include "core/barrier/view.h"

#include "core/barrier/barrier.h"

namespace core::barrier {
namespace {

std::string_view prefixOf(StorageClass storageClass)
{
    switch (storageClass) {
    case StorageClass::Shared: return "s/";
    case StorageClass::Local: return "l/";
    case StorageClass::Ignored: return "i/";
    }
    CORE_ASSERT(false);
    return {};
}

/// Loads the stored keyring again, because a value was sealed under a term that is unknown here.
Result<> adoptKeyring(log::Transaction& transaction, const Barrier& barrier)
{
    const auto keyring = transaction.get(kKeyringKey);
    if (!keyring) return keyring.error();
    if (!*keyring) return Error{ErrorCode::Corrupt, "there is no keyring"};
    return barrier.reload(**keyring);
}

/// After a reload the term is still unknown: no rotation explains it, so the value or the keyring is damaged.
Error unknownTerm(std::string_view key, const Error& error)
{
    return Error{ErrorCode::Corrupt, error.detail}.withContext(key);
}

} // namespace

View::View(log::Transaction& transaction, const Barrier& barrier, StorageClass storageClass, std::string prefix, WriteAccess access)
    : m_transaction{&transaction}
    , m_barrier{&barrier}
    , m_class{storageClass}
    , m_prefix{std::move(prefix)}
    , m_access{access}
{
    CORE_ASSERT(m_prefix.empty() || m_prefix.ends_with('/'));
}

View View::subView(std::string_view folder) const
{
    return View{*m_transaction, *m_barrier, m_class, m_prefix + std::string{folder}, m_access};
}

std::string View::physical(std::string_view path) const
{
    std::string key;
    key.reserve(2 + m_prefix.size() + path.size());
    key.append(prefixOf(m_class)).append(m_prefix).append(path);
    return key;
}

std::string View::physicalFolder(std::string_view folder) const
{
    std::string key = physical(folder);
    if (!folder.empty() && !folder.ends_with('/')) key.push_back('/');
    return key;
}

Result<> View::checkWrite() const
{
    if ((m_class == StorageClass::Shared && !m_access.shared) || (m_class == StorageClass::Local && !m_access.local)) {
        return Error{ErrorCode::ReadOnly, "cannot write to readonly storage"};
    }
    return {};
}

/// A rotation and the first values of its term can arrive in any order, so an unknown term is not an error at first:
/// 1. A cluster rotates and seals a value with the new term.
/// 2. This process reads the value. Its keyring in memory is older.
/// 3. It loads the stored keyring, which came with the same log, and opens the value.
Result<std::optional<std::string>> View::get(std::string_view path) const
{
    const std::string key = physical(path);
    const auto stored = m_transaction->get(key);
    if (!stored) return stored.error();
    if (!*stored) return std::optional<std::string>{};
    auto opened = m_barrier->openValue(key, **stored);
    if (!opened && opened.error().code == ErrorCode::NotFound) {
        if (auto taken = adoptKeyring(*m_transaction, *m_barrier); !taken) return std::move(taken).error();
        opened = m_barrier->openValue(key, **stored);
        if (!opened && opened.error().code == ErrorCode::NotFound) return unknownTerm(key, opened.error());
    }
    if (!opened) return std::move(opened).error();
    return std::optional<std::string>{std::move(*opened)};
}

Result<bool> View::exists(std::string_view path) const
{
    const auto stored = m_transaction->get(physical(path));
    if (!stored) return stored.error();
    return stored->has_value();
}

Result<> View::put(std::string_view path, std::string_view value)
{
    if (path.empty() || path.ends_with('/')) return Error{ErrorCode::InvalidArgument, "a key must not end in '/'"};
    if (auto allowed = checkWrite(); !allowed) return allowed;
    auto operation = m_barrier->putOperation(physical(path), value);
    if (!operation) return std::move(operation).error();
    m_transaction->put(std::move(*operation));
    return {};
}

Result<> View::erase(std::string_view path)
{
    if (auto allowed = checkWrite(); !allowed) return allowed;
    std::string key = physical(path);
    const auto stored = m_transaction->get(key);
    if (!stored) return stored.error();
    if (!*stored) return {}; // nothing to erase: the request stays a read and needs no commit
    auto operation = m_barrier->eraseOperation(std::move(key));
    if (!operation) return std::move(operation).error();
    m_transaction->erase(std::move(*operation));
    return {};
}

Result<> View::eraseAll(std::string_view folder)
{
    if (auto allowed = checkWrite(); !allowed) return allowed;
    const std::string from = physicalFolder(folder);
    std::vector<std::string> keys;
    auto scanned = m_transaction->scan(from, storage::endOfPrefix(from), [&keys](std::string_view key, std::string_view) {
        keys.emplace_back(key);
        return true;
    });
    if (!scanned) return scanned;
    for (auto& key : keys) {
        auto operation = m_barrier->eraseOperation(std::move(key));
        if (!operation) return std::move(operation).error();
        m_transaction->erase(std::move(*operation));
    }
    return {};
}

Result<std::vector<std::string>> View::list(std::string_view folder, std::string_view after, std::size_t limit) const
{
    const std::string base = physicalFolder(folder);
    const std::string end = storage::endOfPrefix(base);
    std::string from = base;
    if (!after.empty()) {
        from.append(after);
        from = after.ends_with('/') ? storage::endOfPrefix(from) : from + '\0';
    }
    std::vector<std::string> names;
    // After a folder's name the scan jumps over the folder, so its size costs nothing.
    while (!from.empty() && names.size() < limit) {
        std::string next;
        auto scanned = m_transaction->scan(from, end, [&](std::string_view key, std::string_view) {
            const std::string_view rest = key.substr(base.size());
            const auto slash = rest.find('/');
            const bool isFolder = slash != std::string_view::npos;
            names.emplace_back(isFolder ? rest.substr(0, slash + 1) : rest);
            if (isFolder) next = storage::endOfPrefix(key.substr(0, base.size() + slash + 1));
            return !isFolder && names.size() < limit;
        });
        if (!scanned) return std::move(scanned).error();
        from = std::move(next);
    }
    return names;
}

Result<> View::forEach(std::string_view folder, const std::function<bool(std::string_view path, std::string_view value)>& visit) const
{
    std::string from = physicalFolder(folder);
    const std::string end = storage::endOfPrefix(from);
    const std::size_t skipped = 2 + m_prefix.size();
    bool isAdopted = false;
    while (true) {
        std::optional<Error> failure;
        auto scanned = m_transaction->scan(from, end, [&](std::string_view key, std::string_view stored) {
            auto opened = m_barrier->openValue(key, stored);
            if (!opened) {
                from = key;
                failure = std::move(opened).error();
                return false;
            }
            return visit(key.substr(skipped), *opened);
        });
        if (!scanned) return scanned;
        if (!failure) return {};
        if (failure->code != ErrorCode::NotFound) return std::move(*failure);
        if (isAdopted) return unknownTerm(from, *failure);
        // Not inside the scan: the engine can hold a lock while it runs.
        if (auto taken = adoptKeyring(*m_transaction, *m_barrier); !taken) return taken;
        isAdopted = true;
    }
}

} // namespace core::barrier
