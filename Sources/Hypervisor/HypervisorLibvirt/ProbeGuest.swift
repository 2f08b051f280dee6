// SPDX-License-Identifier: Apache-2.0
#if Libvirt
    /// A guest of 512 bytes that says "kvm" on QEMU's debug port and ends QEMU, if a processor runs it.
    ///
    /// The machine code, in four parts: real mode (segments to 0, three pages of page tables at 0x1000 that map the first 2 MiB, PAE and
    /// long mode on, GDT loaded, paging on, jump to 64 bits); in 64 bits a count down from 50,000,000, which takes a processor 30 ms and
    /// an instruction emulator behind a false `/dev/kvm`, which gets as far as here, minutes; the word to port 0xe9, the end through
    /// port 0xf4, halt; the GDT and its descriptor. `Scripts/probe-acceleration` starts the same guest; a test compares the two.
    enum ProbeGuest {
        static let word = "kvm"
        static let code =
            "fa31c08ed88ec08ed0bc007c66bf001000000f22dfb900106631c0fc66f3abc706001003"
            + "20c70600200330c706003083006631c0b0a00f22e066b9800000c00f320d00010f300f01"
            + "16887c0f20c0660d010000800f22c0ea5c7c0800" + "b980f0fa02ffc975fc" + "b06be6e9b076e6e9b06de6e9b010e6f4f4ebfd"
            + "0000000000000000ffff0000009aaf000f00787c0000"

        /// A floppy disk of 1.44 MB that begins with the code.
        static var disk: [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 1_474_560)
            for (index, pair) in stride(from: 0, to: code.utf8.count, by: 2).enumerated() {
                bytes[index] = UInt8(code.dropFirst(pair).prefix(2), radix: 16) ?? 0
            }
            (bytes[510], bytes[511]) = (0x55, 0xAA)
            return bytes
        }

        /// How QEMU is called for it.
        static func arguments(disk: String, accelerator: String) -> [String] {
            [
                "-accel", accelerator, "-machine", "pc", "-m", "16", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                "-drive", "file=\(disk),format=raw,if=floppy,read-only=on", "-boot", "a", "-debugcon", "stdio",
                "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
            ]
        }
    }
#endif
