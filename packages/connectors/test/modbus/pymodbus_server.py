"""A Modbus server of another maker: holding register n holds n, input register n holds 2n, coil n is set where n is odd."""

import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.framer.rtu_framer import ModbusRtuFramer
from pymodbus.framer.socket_framer import ModbusSocketFramer
from pymodbus.server import StartTcpServer

port, framing = int(sys.argv[1]), sys.argv[2]
count = 2000
store = ModbusSlaveContext(
    co=ModbusSequentialDataBlock(0, [n % 2 == 1 for n in range(count)]),
    di=ModbusSequentialDataBlock(0, [n % 3 == 0 for n in range(count)]),
    hr=ModbusSequentialDataBlock(0, list(range(count))),
    ir=ModbusSequentialDataBlock(0, [2 * n for n in range(count)]),
    zero_mode=True,
)
framer = ModbusRtuFramer if framing == "rtu" else ModbusSocketFramer
StartTcpServer(context=ModbusServerContext(slaves=store, single=True), address=("127.0.0.1", port), framer=framer)
