/*
 * The kind of each tag's values (rpm's include/rpm/rpmtag.h). rpm refuses a header whose tag has another kind; it does so
 * for all tags that it knows, whether it reads them or not.
 */

const int32 = `
  1003 1006 1008 1009 1028 1031 1032 1034 1037 1045 1046 1048 1051 1052 1053 1068 1069 1080 1095 1096 1105 1106 1112 1114
  1116 1119 1127 1128 1129 1134 1136 1138 1139 1140 1141 1143 1144 1145 1158 1161 1162 1174 1175 1176 1177 1179 1180 1184
  1185 1187 1189 1190 1191 1192 1195 5011 5018 5019 5020 5021 5022 5023 5024 5025 5026 5027 5032 5033 5037 5045 5048 5051
  5054 5057 5068 5070 5072 5078 5080 5082 5084 5085 5091 5093 5094 5107 5108 5114 5115 5119`;

const texts = `
  100 1000 1001 1002 1004 1005 1007 1010 1011 1014 1015 1016 1017 1018 1019 1020 1021 1022 1023 1024 1025 1026 1027 1035 1036
  1039 1040 1044 1047 1049 1050 1054 1055 1056 1057 1058 1059 1060 1061 1062 1063 1064 1065 1066 1067 1079 1081 1082 1085
  1086 1087 1088 1089 1090 1091 1092 1094 1097 1098 1099 1113 1115 1117 1118 1120 1121 1122 1123 1124 1125 1126 1131 1132
  1133 1135 1137 1142 1147 1148 1149 1150 1151 1152 1153 1154 1155 1156 1157 1159 1160 1163 1164 1165 1166 1167 1168 1169
  1170 1178 1181 1182 1183 1186 1188 1196 5000 5001 5002 5003 5005 5006 5007 5010 5012 5013 5014 5015 5016 5029 5030 5031
  5034 5035 5036 5038 5039 5040 5041 5042 5043 5044 5046 5047 5049 5050 5052 5053 5055 5056 5058 5059 5060 5061 5062 5066
  5067 5069 5071 5076 5077 5079 5081 5083 5086 5087 5088 5089 5090 5092 5095 5096 5097 5098 5099 5100 5101 5103 5104 5105
  5106 5109 5116 5117 5118 5120 5121 5122 5123 5124`;

/** The types that the tags of a list may have. Texts of all types are one kind. */
const lists: readonly [tags: string, types: readonly number[]][] = [
  ['1029', [1]],
  ['1030 1033', [3]],
  [int32, [4]],
  ['5004 5008 5009 5112 5113', [5]],
  ['1012 1013 1043 1146', [7]],
  [texts, [6, 8, 9]],
];

const typesOf = new Map(
  lists.flatMap(([tags, types]) => (tags.match(/\d+/g) ?? []).map((tag) => [Number(tag), types] as const)),
);

/** True if a tag may have values of a type, and for every type of a tag that rpm does not know. Pure. */
export function isTypeOf(tag: number, type: number): boolean {
  return typesOf.get(tag)?.includes(type) ?? true;
}

/** The values of a tag, as its entry describes them. */
interface Values {
  type: number;
  count: number;
  /** Of all of them, in bytes. */
  bytes: number;
}

/** The tags of a signature header: their type, and their number of values and of bytes where it is fixed. */
const ofSignature = new Map<number, Partial<Values>>([
  ...[267, 268, 999, 1002, 1005, 1008].map((tag) => [tag, { type: 7 }] as const),
  ...[274, 276, 278].map((tag) => [tag, { type: 8 }] as const),
  ...[275, 277, 1000, 1007].map((tag) => [tag, { type: 4, count: 1 }] as const),
  ...[270, 271].map((tag) => [tag, { type: 5, count: 1 }] as const),
  [269, { type: 6, bytes: 41 }],
  [273, { type: 6, bytes: 65 }],
  [279, { type: 6, bytes: 65 }],
  [1004, { type: 7, count: 16 }],
]);

/** True if a tag of a signature header may have such values, and for all values of a tag that rpm does not know. Pure. */
export function fitsSignature(tag: number, values: Values): boolean {
  const { type, count, bytes } = ofSignature.get(tag) ?? {};
  const isOf = (is: number, rule: number | undefined) => rule === undefined || is === rule;
  return isOf(values.type, type) && isOf(values.count, count) && isOf(values.bytes, bytes);
}
