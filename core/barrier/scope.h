#pragma once

#include "core/barrier/view.h"

namespace core::barrier {

/// One transaction, seen through the barrier. It makes views of any class and folder, for the parts of the server that own fixed folders (tokens,
/// mount tables, policies). It is valid as long as the transaction. Not thread-safe.
class Scope {
public:
    Scope(log::Transaction& transaction, const Barrier& barrier, WriteAccess access)
        : m_transaction{&transaction}
        , m_barrier{&barrier}
        , m_access{access}
    {}

    /// `prefix` is logical and ends in '/' or is empty.
    View shared(std::string prefix) const { return view(StorageClass::Shared, std::move(prefix)); }
    View local(std::string prefix) const { return view(StorageClass::Local, std::move(prefix)); }
    View ignored(std::string prefix) const { return view(StorageClass::Ignored, std::move(prefix)); }
    View view(StorageClass storageClass, std::string prefix) const
    {
        return View{*m_transaction, *m_barrier, storageClass, std::move(prefix), m_access};
    }

    log::Transaction& transaction() const { return *m_transaction; }
    const Barrier& barrier() const { return *m_barrier; }
    WriteAccess access() const { return m_access; }

private:
    log::Transaction* m_transaction;
    const Barrier* m_barrier;
    WriteAccess m_access;
};

} // namespace core::barrier
