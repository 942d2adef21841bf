#pragma once

#include "core/base/executor.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace core::cluster {

/// An io_context as an executor of completions.
class IoContextExecutor final : public Executor {
public:
    explicit IoContextExecutor(boost::asio::io_context& context) : m_context{context} {}
    void post(Task task) override
    {
        boost::asio::post(m_context, [task = std::move(task)]() mutable { task(); });
    }

private:
    boost::asio::io_context& m_context;
};

} // namespace core::cluster
