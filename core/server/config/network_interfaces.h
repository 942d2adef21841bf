#pragma once

#include <functional>
#include <string>
#include <vector>

namespace core::server {

/// One address of a network interface of this machine.
struct InterfaceAddress {
    std::string interface;   // "eth0"
    std::string address;     // "10.0.0.5", "fe80::1"
    unsigned prefixBits = 0; // of its network
    bool isV6 = false;
    bool isUp = true;
    bool isLoopback = false;
    bool isBroadcast = false;
    bool isMulticast = false;
    bool isPointToPoint = false;
    bool hasDefaultRoute = false; // true if the interface has it

    bool operator==(const InterfaceAddress&) const = default;
};

/// Returns the addresses of the machine. Tests pass their own function.
using InterfaceSource = std::function<std::vector<InterfaceAddress>()>;

/// The system's addresses in its order. Empty if the system reports none.
std::vector<InterfaceAddress> systemInterfaces();

} // namespace core::server
