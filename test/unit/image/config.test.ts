import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem, ProblemsError } from '../../../src/shared/base/problems.ts';
import { parseImageConfig } from '../../../src/shared/image/config/parse.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test bends configs into shapes that no type has
type Loose = any;

function sound(): Loose {
  return {
    Disks: [
      {
        PartitionTableType: 'gpt',
        MaxSize: 512,
        Artifacts: [{ Name: 'core', Type: 'raw' }],
        Partitions: [
          { ID: 'boot', Flags: ['esp', 'boot'], Start: 1, End: 9, FsType: 'fat32' },
          { ID: 'rootfs', Start: 9, End: 0, FsType: 'ext4', Name: 'rootfs' },
        ],
      },
    ],
    SystemConfigs: [
      {
        Name: 'Standard',
        BootType: 'efi',
        PackageLists: ['packagelists/core.json'],
        KernelOptions: { default: 'kernel', _comment: 'x' },
        KernelCommandLine: { ExtraCommandLine: 'console=tty0 console=ttyS0,115200' },
        Hostname: 'azl-host',
        PartitionSettings: [
          { ID: 'boot', MountPoint: '/boot/efi', MountOptions: 'umask=0077' },
          { ID: 'rootfs', MountPoint: '/' },
        ],
      },
    ],
  };
}

function problemsOf(config: unknown): string[] {
  try {
    parseImageConfig(typeof config === 'string' ? config : JSON.stringify(config), 'c.json');
    return [];
  } catch (error) {
    if (error instanceof ProblemsError) return error.problems.map(formatProblem);
    throw error;
  }
}

function bent(bend: (config: Loose) => void): Loose {
  const config = sound();
  bend(config);
  return config;
}

describe('a sound config', () => {
  it('is read with its defaults', () => {
    const { config, warnings } = parseImageConfig(JSON.stringify(sound()), 'c.json');
    expect(warnings).toEqual([]);
    expect(config.system.kernelPackage).toBe('kernel');
    expect(config.system.partitionSettings[1]).toEqual({
      id: 'rootfs',
      mountPoint: '/',
      mountOptions: '',
      mountIdentifier: 'partuuid',
    });
  });

  it('may write its keys in any case, and values that say nothing for what is not supported', () => {
    const config = sound();
    config.disks = config.Disks;
    delete config.Disks;
    config.SystemConfigs[0].HOSTNAME = config.SystemConfigs[0].Hostname;
    delete config.SystemConfigs[0].Hostname;
    config.SystemConfigs[0].Encryption = { Enable: false, Password: '' };
    config.SystemConfigs[0].RemoveRpmDb = false;
    config.SystemConfigs[0].Networks = [];
    config.SystemConfigs[0].KernelCommandLine = { ImaPolicy: [], SELinux: '' };
    const { config: read } = parseImageConfig(JSON.stringify(config), 'c.json');
    expect(read.system.hostname).toBe('azl-host');
  });

  it('may put files beside those places where nothing stays', () => {
    const targets = ['/running', '/var/log/app/x', '/etc/passwd', '/var/cache/x'];
    const config = bent((one) => (one.SystemConfigs[0].AdditionalFiles = { a: targets }));
    expect(problemsOf(config)).toEqual([]);
  });

  it('names files in three ways', () => {
    const config = bent((one) => {
      one.SystemConfigs[0].AdditionalFiles = {
        a: '/a',
        b: { Path: '/b', Permissions: '0640' },
        c: ['/c', { path: '/d' }],
      };
    });
    expect(parseImageConfig(JSON.stringify(config), 'c.json').config.system.additionalFiles).toEqual([
      { source: 'a', target: '/a' },
      { source: 'b', target: '/b', mode: 0o640 },
      { source: 'c', target: '/c' },
      { source: 'c', target: '/d' },
    ]);
  });

  it.each<[string, (system: Loose) => void, string, string]>([
    ['system', (s) => (s.Hostnam = 'x'), 'Hostnam', 'Hostname'],
    ['kernel options', (s) => (s.KernelOptions.defautl = 'x'), 'KernelOptions.defautl', 'default'],
    [
      'file',
      (s) => (s.AdditionalFiles = { a: { Path: '/a', Permisions: '0600' } }),
      'AdditionalFiles.a.Permisions',
      'Permissions',
    ],
    [
      'file in a list',
      (s) => (s.AdditionalFiles = { 'a.b': ['/b', { pth: '/x', path: '/a' }] }),
      'AdditionalFiles["a.b"][1].pth',
      'Path',
    ],
  ])('warns of an unknown key of a %s and names the nearest', (_of, bend, path, near) => {
    const { warnings } = parseImageConfig(
      JSON.stringify(bent((one) => bend(one.SystemConfigs[0]))),
      'c.json',
    );
    const key = path.split('.').at(-1);
    expect(warnings.map(formatProblem)).toEqual([
      `c.json $.SystemConfigs[0].${path}: Key '${key}' is unknown and has no effect. Did you mean '${near}'?`,
    ]);
  });

  it.each([
    '',
    'quiet',
    'console=tty0',
    'console=ttyS1',
    'console=ttyS00',
    'xconsole=ttyS0',
  ])('warns that a kernel with the command line %j says nothing on the serial port', (line) => {
    const config = bent((one) => (one.SystemConfigs[0].KernelCommandLine = { ExtraCommandLine: line }));
    const { warnings } = parseImageConfig(JSON.stringify(config), 'c.json');
    expect(warnings.map(formatProblem)).toEqual([
      "c.json $.SystemConfigs[0].KernelCommandLine.ExtraCommandLine: The kernel has no serial console: a boot test that fails cannot show why, and make run shows nothing. Add 'console=ttyS0'.",
    ]);
  });

  it('takes a password that never expires, and one of which nothing is said', () => {
    for (const days of [-1, 0]) {
      const { config } = parseImageConfig(
        JSON.stringify(
          bent((one) => (one.SystemConfigs[0].Users = [{ Name: 'a', PasswordExpiresDays: days }])),
        ),
        'c.json',
      );
      expect(config.system.users[0]?.passwordExpiresDays).toBe(days);
    }
  });
});

const disk = '$.Disks[0]';
const system = '$.SystemConfigs[0]';

describe('one mistake, one message', () => {
  it.each<[string, (config: Loose) => void, string]>([
    ['no disks', (c) => (c.Disks = []), '$.Disks: There is no disk'],
    [
      'two disks',
      (c) => c.Disks.push(c.Disks[0]),
      '$.Disks[1]: More than one disk is known but not supported yet',
    ],
    ['no MaxSize', (c) => delete c.Disks[0].MaxSize, `${disk}.MaxSize: 'MaxSize' is missing`],
    [
      'MaxSize as text',
      (c) => (c.Disks[0].MaxSize = '512'),
      `${disk}.MaxSize: This is "512", expected a whole number`,
    ],
    ['mbr', (c) => (c.Disks[0].PartitionTableType = 'mbr'), "'mbr' is known but not supported yet"],
    ['vhdx', (c) => (c.Disks[0].Artifacts[0].Type = 'vhdx'), "'vhdx' is known but not supported yet"],
    [
      'an artifact of the name that the system gives another',
      (c) => (c.Disks[0].Artifacts = [{ Type: 'raw' }, { Name: 'Standard', Type: 'raw' }]),
      `${disk}.Artifacts[1]: This artifact is named twice`,
    ],
    ['qcow', (c) => (c.Disks[0].Artifacts[0].Type = 'qcow'), "Did you mean 'qcow2'?"],
    ['artifact name', (c) => (c.Disks[0].Artifacts[0].Name = '../x'), "'../x' is not a plain file name"],
    [
      'overlap',
      (c) => (c.Disks[0].Partitions[0].End = 10),
      `${disk}.Partitions[1].Start: The partition overlaps`,
    ],
    [
      'behind the end',
      (c) => (c.Disks[0].Partitions[1].End = 513),
      `${disk}.Partitions[1].End: 513 lies behind`,
    ],
    [
      'only the copy of the table behind it',
      (c) => Object.assign(c.Disks[0].Partitions[1], { Start: 511, End: 512 }),
      `${disk}.Partitions[1].End: The partition ends at 511 MiB, before it begins (511 MiB). The last MiB`,
    ],
    [
      'no ESP',
      (c) => (c.Disks[0].Partitions[0].Flags = []),
      "needs one partition with the flag 'esp', there are 0",
    ],
    ['same ID', (c) => (c.Disks[0].Partitions[1].ID = 'boot'), "'boot' is the ID of two partitions"],
    ['start 0', (c) => (c.Disks[0].Partitions[0].Start = 0), 'The first MiB holds the partition table'],
    ['legacy', (c) => (c.SystemConfigs[0].BootType = 'legacy'), "'legacy' is known but not supported yet"],
    [
      'host name',
      (c) => (c.SystemConfigs[0].Hostname = 'a_b'),
      `${system}.Hostname: 'a_b' is not a host name`,
    ],
    [
      'a host name of two lines',
      (c) => (c.SystemConfigs[0].Hostname = 'a\nerror: b\u001b[2J'),
      `${system}.Hostname: 'a⏎error: b' is not a host name`,
    ],
    [
      'host $(x)',
      (c) => (c.SystemConfigs[0].Hostname = '$(x)'),
      `${system}.Hostname: '$(x)' is not a host name`,
    ],
    ['no packages', (c) => (c.SystemConfigs[0].PackageLists = []), 'There is no package'],
    [
      'setting of nothing',
      (c) => (c.SystemConfigs[0].PartitionSettings[0].ID = 'b'),
      "No partition has the ID 'b'",
    ],
    ['two on /', (c) => (c.SystemConfigs[0].PartitionSettings[0].MountPoint = '/'), 'the mount point of two'],
    [
      'no /',
      (c) => (c.SystemConfigs[0].PartitionSettings[1].MountPoint = '/x'),
      "No partition is mounted on '/'",
    ],
    ['mount ..', (c) => (c.SystemConfigs[0].PartitionSettings[0].MountPoint = '/a/../b'), "without '..'"],
    [
      'encryption',
      (c) => (c.SystemConfigs[0].Encryption = { Enable: true }),
      `${system}.Encryption: 'Encryption' is known`,
    ],
    [
      'FIPS',
      (c) => (c.SystemConfigs[0].KernelCommandLine = { EnableFIPS: true }),
      "'EnableFIPS' is known but",
    ],
    [
      'user name',
      (c) => (c.SystemConfigs[0].Users = [{ Name: 'a:b' }]),
      `${system}.Users[0].Name: 'a:b' is not a user`,
    ],
    ['UID', (c) => (c.SystemConfigs[0].Users = [{ Name: 'a', UID: '70000' }]), '70000 is over 60000'],
    [
      'UID word',
      (c) => (c.SystemConfigs[0].Users = [{ Name: 'a', UID: 'x' }]),
      `${system}.Users[0].UID: "x" is not a number`,
    ],
    ['another 0', (c) => (c.SystemConfigs[0].Users = [{ Name: 'a', UID: '0' }]), 'UID 0 is root'],
    [
      'target ..',
      (c) => (c.SystemConfigs[0].AdditionalFiles = { a: '/../x' }),
      "'/../x' is not an absolute path",
    ],
    ...['/run/x', '/tmp/a/b', '/var/log/x', '/etc/passwd-', '/var/cache/dnf/x'].map(
      (target): [string, (c: Loose) => void, string] => [
        `target ${target}`,
        (c) => (c.SystemConfigs[0].AdditionalFiles = { a: target }),
        `${system}.AdditionalFiles.a: '${target}' would not be in the image`,
      ],
    ),
    [
      'permissions',
      (c) => (c.SystemConfigs[0].AdditionalFiles = { a: { Path: '/a', Permissions: '9' } }),
      `${system}.AdditionalFiles.a.Permissions: '9' is not an octal`,
    ],
    [
      'permissions as a number',
      (c) => (c.SystemConfigs[0].AdditionalFiles = { a: { Path: '/a', Permissions: 644 } }),
      `${system}.AdditionalFiles.a.Permissions: This is 644, expected a text`,
    ],
    [
      'a file without a path',
      (c) => (c.SystemConfigs[0].AdditionalFiles = { a: { Permissions: '0644' } }),
      `${system}.AdditionalFiles.a.Path: 'Path' is missing`,
    ],
    [
      'another kernel to choose',
      (c) => (c.SystemConfigs[0].KernelOptions.hyperv = 'kernel-hyperv'),
      `${system}.KernelOptions.hyperv: 'hyperv' is known but not supported yet`,
    ],
    [
      'a password that expires',
      (c) => (c.SystemConfigs[0].Users = [{ Name: 'a', PasswordExpiresDays: 90 }]),
      `${system}.Users[0].PasswordExpiresDays: This is known but not supported yet: a password's days count`,
    ],
    [
      'a password of which the host would cut off the end',
      (c) => (c.SystemConfigs[0].Users = [{ Name: 'a', Password: 'ä'.repeat(129) }]),
      `${system}.Users[0].Password: This has 258 bytes, and at most 256 are allowed`,
    ],
    ['given twice', (c) => (c.SystemConfigs[0].hostname = 'x'), "'hostname'"],
  ])('%s', (_name, bend, message) => {
    const found = problemsOf(bent(bend));
    if (_name === 'given twice')
      return expect(found).toEqual([`c.json ${system}.hostname: 'Hostname' is given twice`]);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });
});

it('tells all mistakes at once, each with its path', () => {
  const found = problemsOf(
    bent((config) => {
      config.Disks[0].MaxSize = 'big';
      config.SystemConfigs[0].Hostname = '-';
      config.SystemConfigs[0].Users = [{ Name: 'A' }, {}];
    }),
  );
  expect(found.map((line) => line.split(' ')[1]?.replace(/:$/, ''))).toEqual(
    expect.arrayContaining([
      `${disk}.MaxSize`,
      `${system}.Hostname`,
      `${system}.Users[0].Name`,
      `${system}.Users[1].Name`,
    ]),
  );
});

it.each([
  12345678,
  true,
  ['hunter2'],
  { a: 'hunter2' },
])('does not repeat a password that is no text: %j', (password) => {
  const found = problemsOf(
    bent((config) => (config.SystemConfigs[0].Users = [{ Name: 'a', Password: password }])),
  );
  expect(found).toEqual([
    `c.json ${system}.Users[0].Password: This is a ${typeof password}, expected a text`,
  ]);
});

describe('any JSON', () => {
  it('is a config or a ProblemsError', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        problemsOf(text);
      }),
    );
  });

  it('in the place of any part is a config or a ProblemsError', () => {
    const setters: ((config: Loose, value: unknown) => void)[] = [
      (c, v) => (c.Disks = v),
      (c, v) => (c.Disks[0] = v),
      (c, v) => (c.Disks[0].Partitions[0].Flags = v),
      (c, v) => (c.SystemConfigs[0].AdditionalFiles = v),
      (c, v) => (c.SystemConfigs[0].Users = [v]),
      (c, v) => (c.SystemConfigs[0].KernelOptions = v),
      (c, v) => (c.SystemConfigs[0].PartitionSettings = v),
    ];
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...setters), (value, put) => {
        problemsOf(bent((config) => put(config, value)));
      }),
    );
  });
});
